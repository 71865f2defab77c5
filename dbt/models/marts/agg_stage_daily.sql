{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'stage') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
with
    ended as (
        select
            *, coalesce(standard_microseconds is not null and actual_microseconds >= 0, false) as is_measured
        from {{ ref("fct_stage_durations") }}
        where ended_at is not null and is_counted {{ of_days("ended_day", "stage") }}
    ),
    counted as (
        select
            ended_day as day,
            stage,
            place,
            coalesce(carrier, 'unknown') as carrier,
            coalesce(order_type, 'unknown') as order_type,
            count(*) filter (is_measured) as suborders,
            coalesce(sum(actual_microseconds) filter (is_measured), 0) as actual_us,
            coalesce(sum(standard_microseconds) filter (is_measured), 0) as standard_us,
            count(*) filter (not is_measured) as excluded_suborders
        from ended
        group by all
    )
select
    day::date as day,
    stage::varchar as stage,
    place::varchar as place,
    carrier::varchar as carrier,
    order_type::varchar as order_type,
    suborders::bigint as suborders,
    {{ minutes("actual_us") }}::double as actual_minutes,
    {{ minutes("standard_us") }}::double as standard_minutes,
    excluded_suborders::bigint as excluded_suborders,
    actual_us::bigint as actual_microseconds,
    standard_us::bigint as standard_microseconds
from counted
