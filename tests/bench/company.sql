-- The bench company: what happens to the orders placed on the days first_day … last_day. Times are whole seconds since
-- 1970 until they are written; every random number is a hash of what it is about, so no order depends on the chunk it is
-- made in. company.py sets the variables and carries over what is recorded after the chunk.

-- keyed, 0 <= u < 1; hashed twice because DuckDB combines hashes by xor
create or replace temp macro u(key, about) as
    (hash(hash(key, about, getvariable('seed'))) >> 11)::double / 9007199254740992;
create or replace temp macro lasts(key, about, least_hours, mean_more_hours) as
    ((least_hours - ln(1 - u(key, about)) * mean_more_hours) * 3600)::bigint;
create or replace temp macro between_hours(key, about, low, high) as
    ((low + u(key, about) * (high - low)) * 3600)::bigint;
-- when a source writes an event down: soon, but one in a hundred days late
create or replace temp macro noted(key, happened_at, within_seconds) as
    happened_at + 1 + (u(key, 'noted') * within_seconds)::bigint
    + case when u(key, 'late') < 0.01 then (86400 * (1 + 19 * u(key, 'days late'))) ::bigint else 0 end;
create or replace temp macro is_missing(key) as u(key, 'missing') < 0.01;
create or replace temp macro slot(key, about, slots) as floor(u(key, about) * slots)::bigint;

create or replace temp table orders as
select
    n,
    printf('O%08d', n) as order_id,
    (day * 86400 - 28800 + 25200 + 54000 * (u(n, 'hour') + u(n, 'half hour')) / 2)::bigint as placed_at,
    case when u(n, 'parts') < 0.05 then 3 when u(n, 'parts') < 0.25 then 2 else 1 end as parts,
    u(n, 'parts') < 0.25 and u(n, 'batched') < 0.08 as is_batched,
    case
        when is_batched then 'batch_delivery'
        when u(n, 'type') < 0.66 then 'spot'
        when u(n, 'type') < 0.86 then 'monthly_settlement'
        when u(n, 'type') < 0.94 then 'consignment'
        else 'rush'
    end as order_type,
    printf('C%05d', (12000 * u(n, 'customer') ** 2)::bigint) as customer_id,
    province,
    province || '-' || (1 + 6 * u(n, 'city') ** 2)::bigint as city,
    road_hours,
    case when order_type not in ('monthly_settlement', 'consignment')
        then placed_at + lasts(n, 'paid', 0.1, 0.5) end as paid_at,
    case when order_type <> 'consignment'
        then coalesce(paid_at, placed_at) + lasts(n, 'approved', 0.4, 1.4) end as approved_at,
    coalesce(approved_at, placed_at) as released_at,
    -- customers wish for a day that can be met, more or less
    case when u(n, 'no wish') >= 0.05
        then day + least(5, 1 + (road_hours + 22 * u(n, 'patience')) // 24)::bigint end as wished_day,
    case
        when u(n, 'cancelled') < 0.015 then placed_at + between_hours(n, 'cancelled early', 0.3, 12)
        when u(n, 'cancelled') < 0.020 then placed_at + between_hours(n, 'cancelled late', 110, 260)
    end as cancelled_at,
    case when u(n, 'cancelled') < 0.015 then cancelled_at end as stopped_at
from volume
cross join lateral (select unnest(range(first_order, first_order + orders)) as n)
inner join regions on regions.slot = slot(n, 'region', 20)
where day between getvariable('first_day') and getvariable('last_day');

create or replace temp table drawn as
select
    n * 8 + part as s,
    part,
    orders.* exclude (stopped_at),
    case when u(s, 'route') < 0.08 then 'supplier' when u(s, 'route') < 0.28 then 'transfer' else 'direct' end as route,
    case when is_batched then least(part, 2) end as batch,
    null::bigint as replaced,
    u(s, 'replaced') < 0.005 as is_replaced,
    placed_at + between_hours(n, 'planned', 0.1, 0.7)
        + case
            when batch = 2 then between_hours(s, 'next batch', 0, 30)
            when part > 1 then between_hours(s, 'next part', 0, 0.5)
            else 0
        end as planned_at,
    greatest(released_at, planned_at) as base_at,
    case when u(s, 'part cancelled') < 0.005 then placed_at + between_hours(s, 'part cancelled at', 1, 60) end
        as part_cancelled_at,
    least(stopped_at, part_cancelled_at) as stopped_at
from orders
cross join lateral (select unnest(range(1, parts + 1)) as part);

-- from base_at, the office being done with it, to the customer
create or replace temp macro journeys_of(name) as table
select
    drawn.*,
    printf('F%08d%d', n, part) as fulfilment_code,
    case when route = 'supplier' then 'S' || (1 + slot(s, 'supplier', 2)) else place end as origin_place,
    case when place = 'W2' then 'W1' else 'W2' end as sending_place,
    carrier,
    printf('%s%010d', left(carrier, 2), s) as waybill,
    case when route = 'transfer' then base_at + lasts(s, 'requested', 0.5, 1.5) end as transfer_requested_at,
    transfer_requested_at + lasts(s, 'dispatched', 1, 2) as transfer_dispatched_at,
    transfer_dispatched_at + (lasts(s, 'received', 4, 5) * if(sending_place = 'W1', 1.2, 1))::bigint
        as transfer_received_at,
    case when route = 'supplier' then base_at + lasts(s, 'ordered', 0.3, 1) end as supplier_ordered_at,
    supplier_ordered_at + lasts(s, 'supplied', 10, 11) as supplier_shipped_at,
    case when route <> 'supplier' then coalesce(transfer_received_at, base_at)
        + (lasts(s, 'waited', 0.7, 3.5) * place_pace)::bigint
        + if(u(s, 'out of stock') < 0.011, between_hours(s, 'restocked', 30, 80), 0) end as pick_started_at,
    pick_started_at + lasts(s, 'picked', 0.1, 0.3) as picked_at,
    picked_at + (lasts(s, 'packed', 0.1, 0.2) * place_pace)::bigint as packed_at,
    packed_at + lasts(s, 'outbound', 0.2, 0.6) as outbound_at,
    coalesce(outbound_at, supplier_shipped_at) as left_at,
    left_at + lasts(s, 'picked up', 0.8, 1.8) as picked_up_at,
    (carrier_pace * lasts(s, 'road', 0.65 * road_hours, 0.4 * road_hours))::bigint as road_seconds,
    picked_up_at + road_seconds as hub_arrived_at,
    hub_arrived_at + lasts(s, 'sorted', 1, 2.5) as out_for_delivery_at,
    case when u(s, 'attempt') < 0.03 then out_for_delivery_at + between_hours(s, 'attempt at', 1, 6) end as attempt_failed_at,
    coalesce(attempt_failed_at + 72000, out_for_delivery_at) + lasts(s, 'last mile', 0.5, 2.5) as door_at,
    case
        when u(s, 'outcome') < 0.004 then 'returned_signed'
        when u(s, 'outcome') < 0.009 then 'refused'
        when u(s, 'outcome') < 0.029 then 'available_for_pickup'
        else 'delivered'
    end as outcome,
    -- a parcel in a locker is collected, most of the time; one in three disputed parcels turns up later
    case when outcome = 'available_for_pickup' and u(s, 'collected') < 0.92
        then door_at + between_hours(s, 'collected at', 1, 40) end as collected_at,
    case when outcome = 'delivered' and u(s, 'disputed') < 0.003
        then door_at + between_hours(s, 'disputed at', 1, 60) end as disputed_at,
    case when u(s, 'turned up') < 0.33 then disputed_at + between_hours(s, 'turned up at', 2, 50) end as turned_up_at,
    case
        when stopped_at <= door_at or is_replaced then null
        when outcome = 'delivered' then coalesce(turned_up_at, if(disputed_at is null, door_at, null))
        else collected_at
    end as received_at,
    case when is_replaced then hub_arrived_at else stopped_at end as ends_at
from query_table(name) as drawn
inner join origins on origins.slot = slot(s, 'origin', 10)
inner join carriers on carriers.slot = slot(s, 'carrier', 10);

create or replace temp table journeys as from journeys_of('drawn');

create or replace temp table replacements as
select
    drawn.* replace (
        drawn.s + 4 as s,
        part + 4 as part,
        'direct' as route,
        drawn.s as replaced,
        false as is_replaced,
        again_at as planned_at,
        again_at as base_at
    )
from drawn
inner join
    (select s, hub_arrived_at, hub_arrived_at + between_hours(s, 'replacement', 10, 50) as again_at from journeys)
    using (s)
where is_replaced and (stopped_at is null or stopped_at > hub_arrived_at);

insert into journeys from journeys_of('replacements');

create or replace temp table ends as
select
    n,
    case when count(*) filter (ends_at < left_at) < count(*)
        then max(left_at) filter (ends_at is null or ends_at >= left_at) end as left_at,
    case when count(received_at) = count(*) filter (part_cancelled_at is null and not is_replaced)
        then max(received_at) end as received_at,
    arg_min(s, part) as first_s,
    arg_min(fulfilment_code, part) as first_code,
    arg_min(received_at, part) as first_received_at,
    arg_min(out_for_delivery_at, part) as first_near_at
from journeys
group by n;

-- What each system writes down. `key` tells the rows of a table apart; `day` (the drop) and dirt are company.py's.
create or replace temp view new_orders as
select order_id, customer_id, order_type, placed_at,
    (date '1970-01-01' + wished_day::integer) as wished_date,
    placed_at + case when n in (select n from drawn where route <> 'direct' or batch = 2) then 288000 else 187200 end
        as ship_by_at,
    (20 - 900 * ln(1 - u(n, 'amount')))::decimal(18, 2) as amount,
    placed_at + 1 + slot(n, 'saved', 20) as recorded_at
from orders;

create or replace temp view new_suborders as
select fulfilment_code, order_id, route, origin_place, carrier, city as destination_city, province as destination_province,
    batch::integer as batch,
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
            'transfer_requested', 'transfer_dispatched', 'transfer_received', 'supplier_ordered', 'supplier_shipped',
            'pick_started', 'picked', 'packed', 'outbound'
        ]) as event_type,
        unnest([
            transfer_requested_at, transfer_dispatched_at, transfer_received_at, supplier_ordered_at, supplier_shipped_at,
            pick_started_at, picked_at, packed_at, outbound_at
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
        case when outcome = 'available_for_pickup' then 'locker' when u(s, 'proxy') < 0.25 then 'proxy' else 'in_person' end
            as sign_method,
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
    select s * 16 + 2, order_id, if(u(s, 'names order') < 0.2, null, fulfilment_code), 'not_received_ticket', disputed_at
    from journeys where ends_at is null
    union all
    select s * 16 + 3, order_id, fulfilment_code, 'received_click', turned_up_at
    from journeys where ends_at is null and u(s, 'how') >= 0.5
)
select key, printf('K%012d', key) as contact_id, order_id, fulfilment_code, event_type, occurred_at,
    noted(key, occurred_at, 30) as recorded_at
from happened
where occurred_at is not null;
