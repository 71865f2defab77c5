-- What the Olist tables say about delivery, counted without any of the project's own code: no contract, no mapping, no
-- model, no zone database. Written from the definitions alone, so that the published file can be held to it.
--
-- Parameters: $olist, the folder with orders.parquet and its siblings; $limit, 'end_of_day' or 'instant'.
-- Result: the view `verdicts` below, one row an order, is what everything else is counted from.
--
-- Local time in Sao Paulo. Summer time (UTC-2, else UTC-3) held
--     from 2016-10-16 to 2017-02-19, from 2017-10-15 to 2018-02-18, and again from 2018-11-04 (after the data's end).
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
