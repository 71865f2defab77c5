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
    + case when u(key, 'late') < 0.01 then (86400 * (1 + 19 * u(key, 'days late')))::bigint else 0 end;
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
    case when u(s, 'attempt') < 0.03 then out_for_delivery_at + between_hours(s, 'attempt at', 1, 6) end
        as attempt_failed_at,
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
