{{ config(materialized="table") }}
{% set data = [] %}
{% for what in ["erp", "wishes", "receipts", "pick_lines", "complaints"] if has(what) %}
    {% do data.append("'" ~ what ~ "'") %}
{% endfor %}
with
    measures as (
        unpivot (
            select day, sum(columns(* exclude (day, place, carrier, order_type)))
            from {{ ref("agg_on_time_daily") }}
            group by day
        )
        on columns(* exclude (day))
        into name measure value amount
    ),
    periods as (select distinct period, period_start, period_end, is_final from {{ ref("int_periods") }}),
    sums as (
        select period, period_start, measure, sum(amount)::bigint as amount
        from {{ ref("int_periods") }}
        inner join measures using (day)
        group by all
    ),
    rates as (
        select
            catalogue.name as metric,
            periods.period,
            periods.period_start,
            periods.is_final,
            coalesce(numerators.amount, 0) as numerator,
            coalesce(denominators.amount, 0) as denominator
        from {{ ref("metric_catalogue_seed") }} as catalogue
        cross join periods
        left join
            sums as numerators
            on numerators.period = periods.period
            and numerators.period_start = periods.period_start
            and numerators.measure = catalogue.numerator
        left join
            sums as denominators
            on denominators.period = periods.period
            and denominators.period_start = periods.period_start
            and denominators.measure = catalogue.denominator
        -- a rate without data is absent, never 0
        where
            catalogue.kind = 'rate'
            and (catalogue.needs is null or catalogue.needs in ({{ (data or ["''"]) | join(", ") }}))
    ),
    -- what is open at the end of a period is all that has opened less all that has closed by then
    openings as (
        select
            day,
            sum(overdue_opened_orders - overdue_closed_orders)::bigint as overdue,
            sum(opened_orders - closed_orders)::bigint as open
        from {{ ref("agg_on_time_daily") }}
        group by day
    ),
    running as (
        select
            days.day,
            sum(coalesce(openings.overdue, 0)) over (order by days.day)::bigint as overdue,
            sum(coalesce(openings.open, 0)) over (order by days.day)::bigint as open
        from (select distinct day from {{ ref("int_periods") }} where period = 'day') as days
        left join openings using (day)
    ),
    counts as (
        select
            'open_overdue' as metric,
            periods.period,
            periods.period_start,
            periods.is_final,
            running.overdue as numerator,
            running.open as denominator
        from periods
        inner join running on running.day = least(periods.period_end, {{ local_day(as_of()) }})
    )
select
    metric::varchar as metric,
    period::varchar as period,
    period_start::date as period_start,
    numerator::bigint as numerator,
    denominator::bigint as denominator,
    case when denominator > 0 then numerator::double / denominator end::double as value,
    {{ wilson("numerator", "denominator", -1) }}::double as ci_low,
    {{ wilson("numerator", "denominator", 1) }}::double as ci_high,
    is_final::boolean as is_final
from
    (
        select *
        from rates
        union all by name
        select *
        from counts
    )
