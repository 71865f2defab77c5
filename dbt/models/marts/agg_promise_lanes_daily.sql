{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
with
    signed as (
        select
            {{ local_day("suborders.signed_at") }} as day,
            coalesce(suborders.origin_place, 'unknown') as place,
            coalesce(suborders.carrier, 'unknown') as carrier,
            coalesce(orders.order_type, 'unknown') as order_type,
            promises.lane_level,
            -- the lane is that of the plan, as far as the promise looked at it
            case when lane_level = 'place_carrier_city' then planned.planned_place end as lane_place,
            case when lane_level <> 'all' then planned.planned_carrier end as lane_carrier,
            case when lane_level = 'place_carrier_city' then planned.planned_city end as lane_city,
            case when lane_level = 'carrier_province' then planned.planned_province end as lane_province,
            transits.hours,
            promises.p80_hours,
            promises.buffer_hours
        from {{ ref("fct_suborders") }} as suborders
        inner join {{ ref("fct_promises") }} as promises using (fulfilment_code)
        inner join {{ ref("int_transits") }} as transits using (fulfilment_code)
        inner join {{ ref("int_suborders") }} as planned using (fulfilment_code)
        inner join {{ ref("fct_orders") }} as orders on orders.order_id = suborders.order_id
        where
            suborders.signed_at is not null
            and promises.is_planned
            and promises.p80_hours is not null
            and promises.promise_source = 'computed' {{ of_days(local_day("suborders.signed_at"), "order") }}
    )
select
    day::date as day,
    place::varchar as place,
    carrier::varchar as carrier,
    order_type::varchar as order_type,
    lane_level::varchar as lane_level,
    lane_place::varchar as lane_place,
    lane_carrier::varchar as lane_carrier,
    lane_city::varchar as lane_city,
    lane_province::varchar as lane_province,
    count(*)::bigint as transit_suborders,
    count(*) filter (hours <= p80_hours)::bigint as covered_suborders,
    sum(hours)::bigint as transit_hours,
    sum(buffer_hours)::bigint as buffer_hours
from signed
group by 1, 2, 3, 4, 5, 6, 7, 8, 9
