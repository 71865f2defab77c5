{{ config(materialized="table") }}
-- Every day, month and the whole, from the first day of any count to the run's; a period without orders has
-- its
-- row too.
with
    span as (
        select least(min(day), {{ local_day(as_of()) }}) as first_day, {{ local_day(as_of()) }} as last_day
        from {{ ref("agg_on_time_daily") }}
    ),
    days as (
        select
            unnest(range(first_day::timestamp, last_day::timestamp + interval 1 day, interval 1 day))::date
            as day,
            first_day,
            last_day
        from span
    ),
    periods as (
        select 'day' as period, day as period_start, day as period_end, day
        from days
        union all
        select 'month', date_trunc('month', day)::date, last_day(day), day
        from days
        union all
        select 'all', first_day, last_day, day
        from days
    )
select
    period,
    period_start,
    period_end,
    day,
    {{ end_of_day("period_end") }} + to_days({{ parameter("final_after_days") }}::integer)
    <= {{ as_of() }} as is_final
from periods
