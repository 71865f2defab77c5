{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
with
    signed as (
        select
            orders.signed_day as day,
            orders.place,
            orders.carrier,
            -- an order goes where the sub-order that decides on it goes
            coalesce(suborders.destination_province, 'unknown') as destination_province,
            coalesce(orders.order_type, 'unknown') as order_type,
            orders.is_on_time
        from {{ ref("fct_orders") }} as orders
        left join
            {{ ref("fct_suborders") }} as suborders on suborders.fulfilment_code = orders.deciding_suborder
        where
            orders.signed_day is not null
            and orders.promised_at is not null
            and not orders.is_pending {{ of_days("orders.signed_day", "order") }}
    )
select
    day::date as day,
    place::varchar as place,
    carrier::varchar as carrier,
    destination_province::varchar as destination_province,
    order_type::varchar as order_type,
    count(*)::bigint as signed_orders,
    count(*) filter (is_on_time)::bigint as signed_on_time_orders
from signed
group by 1, 2, 3, 4, 5
