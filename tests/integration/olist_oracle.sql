-- What the Olist tables say about delivery, counted without any of the project's own code: no contract, no mapping, no
-- model, no zone database. Written from the definitions alone, so that the published file can be held to it.
--
-- Parameters: $olist, the folder with orders.parquet and its siblings; $limit, 'end_of_day' or 'instant'.
-- Result: the view `verdicts` below, one row an order, is what everything else is counted from.
--
-- Local time in Sao Paulo. Summer time (UTC-2, else UTC-3) held
--     from 2016-10-16 to 2017-02-19, from 2017-10-15 to 2018-02-18 and from 2018-11-04 to 2019-02-17.
-- It starts at midnight, so 00:00-00:59 of its first day does not exist: such a reading counts with the offset before the
-- change, which makes the missing midnight the instant at which that day begins. It ends at midnight as well, so 23:00-23:59
-- of the day before happens twice: the first is taken, which is the one with the summer offset.
create or replace macro utc(naive) as
    naive + case
        when naive >= timestamp '2016-10-16 01:00:00' and naive < timestamp '2017-02-19 00:00:00' then interval 2 hours
        when naive >= timestamp '2017-10-15 01:00:00' and naive < timestamp '2018-02-18 00:00:00' then interval 2 hours
        when naive >= timestamp '2018-11-04 01:00:00' and naive < timestamp '2019-02-17 00:00:00' then interval 2 hours
        else interval 3 hours
    end;

-- The instant at which the local day after this one begins: the end of the day.
create or replace macro day_end(day) as utc(cast(cast(day as date) + 1 as timestamp));

-- The local day an instant (in UTC) belongs to; the instant that ends a day belongs to the day it ends.
create or replace macro local_day(instant) as
    cast(
        (instant - interval 1 microsecond) - case
            when instant > timestamp '2016-10-16 03:00:00' and instant <= timestamp '2017-02-19 02:00:00' then interval 2 hours
            when instant > timestamp '2017-10-15 03:00:00' and instant <= timestamp '2018-02-18 02:00:00' then interval 2 hours
            when instant > timestamp '2018-11-04 03:00:00' and instant <= timestamp '2019-02-17 02:00:00' then interval 2 hours
            else interval 3 hours
        end as date
    );

create or replace table raw_orders as
select
    order_id,
    customer_id,
    order_status,
    utc(cast(order_purchase_timestamp as timestamp)) as placed_at,
    utc(cast(order_approved_at as timestamp)) as paid_at,
    utc(cast(order_delivered_carrier_date as timestamp)) as handed_over_at,
    utc(cast(order_delivered_customer_date as timestamp)) as signed_at,
    cast(order_estimated_delivery_date as timestamp) as estimated
from read_parquet($olist || '/orders.parquet');

-- The ship-by limit of an order is the latest one of its items; an order without items has none.
create or replace table ship_by as
select order_id, max(utc(cast(shipping_limit_date as timestamp))) as ship_by_at
from read_parquet($olist || '/order_items.parquet')
group by order_id;

-- One sub-order an order and state of a seller; an order without items has one that leaves from an unknown place.
create or replace table parts as
with states as (
    select distinct items.order_id, sellers.seller_state as place
    from read_parquet($olist || '/order_items.parquet') as items
    inner join read_parquet($olist || '/sellers.parquet') as sellers using (seller_id)
)
select orders.order_id, coalesce(states.place, 'unknown') as place,
    orders.order_id || '-' || coalesce(states.place, 'unknown') as fulfilment_code
from raw_orders as orders
left join states using (order_id);

-- Now is the end of the last local day on which anything happened.
create or replace table clock as
select day_end(local_day(max(greatest(placed_at, paid_at, handed_over_at, signed_at)))) as as_of
from raw_orders;

create or replace table verdicts as
with read as (
    select
        orders.*,
        limits.ship_by_at,
        case $limit
            when 'end_of_day' then day_end(estimated)
            when 'instant' then utc(estimated)
        end as promised_at,
        -- When an order was cancelled is not told: the last thing known of it stands in.
        order_status = 'canceled' as is_cancelled,
        greatest(placed_at, paid_at, handed_over_at, signed_at) as last_known_at
    from raw_orders as orders
    left join ship_by as limits using (order_id)
)
select
    *,
    -- Cancelled and delivered is a return: the signature stands.
    signed_at <= promised_at as is_on_time,
    date_diff('microsecond', promised_at, signed_at) / 60e6 as lateness_minutes,
    -- Handed over by the limit; on time once handed over where there is none.
    case when handed_over_at is not null then coalesce(handed_over_at <= ship_by_at, true) end as is_erp_on_time,
    -- Cancelled before the promise counts nowhere; cancelled later and unsigned stays due.
    promised_at <= as_of
    and not (is_cancelled and signed_at is null and last_known_at < promised_at) as is_due
from read
cross join clock;

-- Each sub-order's way from one reported milestone to the next one reported; its place is the state it leaves from, once
-- handed over the carrier. What was cancelled and never signed for is in no stage.
create or replace table stages as
with marks as (
    select
        parts.fulfilment_code,
        parts.place,
        unnest([
            {'position': 1, 'milestone': 'placed', 'reached_at': placed_at},
            {'position': 2, 'milestone': 'paid', 'reached_at': paid_at},
            {'position': 3, 'milestone': 'picked_up', 'reached_at': handed_over_at},
            {'position': 4, 'milestone': 'signed', 'reached_at': signed_at}
        ], recursive := true)
    from parts
    inner join verdicts using (order_id)
    where not (is_cancelled and signed_at is null)
),
steps as (
    select
        fulfilment_code,
        place,
        position,
        milestone as started_with,
        reached_at as started_at,
        lead(position) over way as next_position,
        lead(milestone) over way as ended_with,
        lead(reached_at) over way as ended_at
    from marks
    where reached_at is not null
    window way as (partition by fulfilment_code order by position)
)
select
    *,
    started_with || '_to_' || ended_with as stage,
    case when position = 3 then 'unknown' else place end as stage_place,
    date_diff('microsecond', started_at, ended_at) as actual_us,
    date_trunc('month', local_day(ended_at))::date as month
from steps
where ended_with is not null;

-- Olist gives no standards: the mean of a stage over all places, over what ended on the 90 days before the month. A stage
-- that skips a milestone gets the sum of its parts, none where a part has none.
create or replace table standards as
with singles as (
    select distinct position, stage from stages where next_position = position + 1
),
months as (select distinct month from stages),
means as (
    select
        months.month,
        singles.position,
        (
            select avg(seen.actual_us)
            from stages as seen
            where
                seen.stage = singles.stage
                and seen.actual_us >= 0
                and local_day(seen.ended_at) between months.month - 90 and months.month - 1
        ) as mean_us
    from months
    cross join singles
)
select distinct
    stages.month,
    stages.stage,
    (
        select case when count(mean_us) = stages.next_position - stages.position then sum(mean_us) end
        from means
        where means.month = stages.month and means.position between stages.position and stages.next_position - 1
    ) as standard_us
from stages;

-- By month, stage and place: how far the actual times are from the standard.
create or replace table deviations as
select
    month,
    stage,
    stage_place,
    count(*) as suborders,
    sum(actual_us) as actual_us,
    sum(standard_us) as standard_us,
    sum(actual_us) / nullif(sum(standard_us), 0) - 1 as deviation
from stages
inner join standards using (month, stage)
where actual_us >= 0 and standard_us is not null
group by month, stage, stage_place;
