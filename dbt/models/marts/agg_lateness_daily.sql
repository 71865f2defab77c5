{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
with
    shares as (
        select
            orders.signed_day,
            orders.place,
            orders.carrier,
            coalesce(orders.order_type, 'unknown') as order_type,
            lateness.stage,
            lateness.place as stage_place,
            lateness.replaced_carrier,
            -- whole microseconds add up the same in any order
            round(lateness.late_minutes * 60000000)::bigint as late_us
        from {{ ref("fct_lateness") }} as lateness
        inner join
            {{ ref("fct_orders") }} as orders using (order_id)
            {{ of_days("lateness.signed_day", "order", keyword="where") }}
    )
select
    signed_day::date as day,
    place::varchar as place,
    carrier::varchar as carrier,
    order_type::varchar as order_type,
    stage::varchar as stage,
    stage_place::varchar as stage_place,
    count(*)::bigint as late_orders,
    {{ minutes("sum(late_us)") }}::double as late_minutes,
    sum(late_us)::bigint as late_microseconds,
    replaced_carrier::varchar as replaced_carrier
from shares
group by all
