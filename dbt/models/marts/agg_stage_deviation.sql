{{ config(materialized="table") }}
with
    ended as (
        select
            period,
            date_trunc(period, day)::date as period_start,
            stage,
            place,
            sum(suborders) as suborders,
            sum(actual_microseconds) as actual_us,
            sum(standard_microseconds) as standard_us,
            sum(excluded_suborders) as excluded_suborders
        from {{ ref("agg_stage_daily") }}
        cross join (values ('day'), ('month')) as periods(period)
        group by all
    ),
    -- open at the end of a period is open at the end of its last day
    open_at_end as (
        select
            period,
            date_trunc(period, day)::date as period_start,
            stage,
            place,
            sum(open_overdue) as open_overdue
        from {{ ref("agg_stage_open_daily") }}
        cross join (values ('day'), ('month')) as periods(period)
        where period = 'day' or day = least(last_day(day), {{ local_day(as_of()) }})
        group by all
    ),
    joined as (
        select
            period,
            period_start,
            stage,
            place,
            coalesce(suborders, 0) as suborders,
            coalesce(actual_us, 0) as actual_us,
            coalesce(standard_us, 0) as standard_us,
            coalesce(excluded_suborders, 0) as excluded_suborders,
            coalesce(open_overdue, 0) as open_overdue
        from ended
        full join open_at_end using (period, period_start, stage, place)
    )
select
    period::varchar as period,
    period_start::date as period_start,
    stage::varchar as stage,
    place::varchar as place,
    suborders::bigint as suborders,
    {{ minutes("actual_us") }}::double as actual_minutes,
    {{ minutes("standard_us") }}::double as standard_minutes,
    case when standard_us > 0 then (actual_us - standard_us)::double / standard_us end::double as deviation,
    {{ colour("suborders", "actual_us", "standard_us") }}::varchar as colour,
    open_overdue::bigint as open_overdue,
    excluded_suborders::bigint as excluded_suborders
from joined
