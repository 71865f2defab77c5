-- What each system of the bench company writes down of what happens in company.sql: a view a raw table. `key` tells the
-- events of a table apart; the day of the drop and second deliveries are company.py's.

create or replace temp view new_orders as
select order_id, customer_id, order_type, placed_at,
    (date '1970-01-01' + wished_day::integer) as wished_date,
    placed_at + case when n in (select n from drawn where route <> 'direct' or batch = 2) then 288000 else 187200 end
        as ship_by_at,
    (20 - 900 * ln(1 - u(n, 'amount')))::decimal(18, 2) as amount,
    placed_at + 1 + slot(n, 'saved', 20) as recorded_at
from orders;

create or replace temp view new_suborders as
select fulfilment_code, order_id, route, origin_place, carrier,
    city as destination_city, province as destination_province, batch::integer as batch,
    case when replaced is not null then printf('F%08d%d', n, part - 4) end as replaces,
    planned_at as recorded_at
from journeys
where stopped_at is null or planned_at <= stopped_at;

create or replace temp view new_order_lines as
select order_id, line_number, 1 + slot(n * 8 + line_number, 'quantity', 20) as quantity,
    placed_at + 1 + slot(n, 'saved', 20) as recorded_at
from orders
cross join lateral (select unnest(range(1, 2 + slot(n, 'lines', 3))) as line_number);

create or replace temp view new_receipts as
select printf('R%08d', n) as receipt_id, order_id, line_number,
    quantity - if(u(n * 8 + line_number, 'short') < 0.008, 1, 0) as quantity,
    received_at + between_hours(n, 'confirmed', 0.5, 30) as recorded_at
from new_order_lines
inner join orders using (order_id)
inner join ends using (n)
where u(n, 'unconfirmed') >= 0.01 and orders.stopped_at is null;

create or replace temp view new_statuses as
with happened as (
    select n * 16 + unnest(range(0, 6)) as key, order_id, null::varchar as fulfilment_code,
        unnest(['placed', 'paid', 'finance_approved', 'erp_shipped', 'erp_completed', 'cancelled']) as event_type,
        unnest([
            placed_at, paid_at, approved_at, left_at + lasts(n, 'booked', 0.05, 0.2),
            received_at + between_hours(n, 'closed', 10, 60), cancelled_at
        ]) as occurred_at,
        stopped_at
    from orders inner join ends using (n)
    union all
    select s * 16 + 8, order_id, fulfilment_code, 'cancelled', part_cancelled_at, stopped_at
    from journeys where replaced is null
)
select key, order_id, fulfilment_code, event_type, occurred_at, noted(key, occurred_at, 60) as recorded_at
from happened
where occurred_at is not null and (stopped_at is null or occurred_at <= stopped_at)
    and (event_type = 'cancelled' or not is_missing(key));

create or replace temp view new_scans as
with happened as (
    select s * 16 + unnest(range(0, 9)) as key, fulfilment_code,
        unnest([
            'transfer_requested', 'transfer_dispatched', 'transfer_received', 'supplier_ordered',
            'supplier_shipped', 'pick_started', 'picked', 'packed', 'outbound'
        ]) as event_type,
        unnest([
            transfer_requested_at, transfer_dispatched_at, transfer_received_at, supplier_ordered_at,
            supplier_shipped_at, pick_started_at, picked_at, packed_at, outbound_at
        ]) as occurred_at,
        origin_place, sending_place, ends_at
    from journeys
)
select key, printf('S%012d', key) as scan_id, fulfilment_code, event_type, occurred_at,
    if(event_type in ('transfer_requested', 'transfer_dispatched'), sending_place, origin_place) as place,
    noted(key, occurred_at, 200) as recorded_at
from happened
where occurred_at is not null and (ends_at is null or occurred_at <= ends_at) and not is_missing(key);

create or replace temp view new_waybills as
select carrier, waybill, fulfilment_code,
    left_at - 600 + slot(s, 'printed', 300)
        + if(u(s, 'linked late') < 0.01, between_hours(s, 'linked', 5, 50), 0) as recorded_at
from journeys
where ends_at is null or left_at <= ends_at;

create or replace temp view new_tracks as
with happened as (
    select s * 16 + unnest(range(0, 12)) as key, carrier, waybill,
        unnest([
            'picked_up', 'in_transit', 'hub_departed', 'in_transit', 'hub_departed', 'hub_arrived', 'out_for_delivery',
            'attempt_failed', outcome, 'collected', 'delivered', 'corrected'
        ]) as event_type,
        unnest([
            picked_up_at, picked_up_at + road_seconds // 10, picked_up_at + road_seconds // 4,
            picked_up_at + road_seconds // 2, picked_up_at + road_seconds * 2 // 3, hub_arrived_at, out_for_delivery_at,
            attempt_failed_at, door_at, collected_at, if(u(s, 'how') < 0.5, turned_up_at, null),
            if(outcome = 'delivered' and u(s, 'corrected') < 0.003, door_at, null)
        ]) as occurred_at,
        case
            when outcome = 'available_for_pickup' then 'locker'
            when u(s, 'proxy') < 0.25 then 'proxy'
            else 'in_person'
        end as sign_method,
        ends_at
    from journeys
)
select
    key,
    printf('T%012d', if(event_type = 'corrected', key - 3, key)) as track_id,
    carrier,
    if(u(key, 'no waybill') < 0.00025, null, waybill) as waybill,
    case
        when u(key, 'no type') < 0.00025 then null
        when event_type = 'corrected' then 'delivered'
        else event_type
    end as event_type,
    occurred_at + if(event_type = 'corrected', between_hours(key, 'corrected by', -6, 20), 0) as occurred_at,
    if(event_type in ('available_for_pickup', 'collected', 'delivered', 'corrected'), sign_method, null) as sign_method,
    -- a correction is written a day or more after what it corrects
    if(event_type = 'corrected', noted(key - 3, happened.occurred_at, 1500) + between_hours(key, 'found', 20, 70),
        noted(key, happened.occurred_at, 1500)) as recorded_at
from happened
where happened.occurred_at is not null and (ends_at is null or happened.occurred_at <= ends_at)
    and not is_missing(if(event_type = 'corrected', key - 3, key));

create or replace temp view new_contacts as
with happened as (
    select first_s * 16 as key, order_id,
        if(u(n, 'names order') < 0.5, null, first_code) as fulfilment_code, 'received_click' as event_type,
        -- one in ten clicks before the carrier says so, and one in fifty by mistake
        case
            when u(n, 'quick') < 0.02 then placed_at + between_hours(n, 'mistaken', 1, 30)
            when u(n, 'quick') < 0.12 then first_near_at + (first_received_at - first_near_at) // 2
            else first_received_at + lasts(n, 'clicked', 0.1, 8)
        end as occurred_at
    from ends inner join orders using (n) where u(n, 'click') < 0.3
    union all
    select first_s * 16 + 1, order_id, null, 'complaint_ticket', placed_at + between_hours(n, 'complaint', 30, 200)
    from ends inner join orders using (n) where u(n, 'complains') < 0.015 and stopped_at is null
    union all
    select s * 16 + 2, order_id, if(u(s, 'names order') < 0.2, null, fulfilment_code),
        'not_received_ticket', disputed_at
    from journeys where ends_at is null
    union all
    select s * 16 + 3, order_id, fulfilment_code, 'received_click', turned_up_at
    from journeys where ends_at is null and u(s, 'how') >= 0.5
)
select key, printf('K%012d', key) as contact_id, order_id, fulfilment_code, event_type, occurred_at,
    noted(key, occurred_at, 30) as recorded_at
from happened
where occurred_at is not null;
