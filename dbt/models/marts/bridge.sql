{{ config(materialized="table") }}
with
    steps as (select distinct step_number, step from {{ ref("agg_bridge_daily") }}),
    periods as (select distinct period, period_start from {{ ref("int_periods") }}),
    sums as (
        select
            period,
            period_start,
            step_number,
            sum(numerator) as numerator,
            sum(denominator) as denominator,
            sum(orders) as orders,
            sum(complaint_orders) as complaint_orders
        from {{ ref("int_periods") }}
        inner join {{ ref("agg_bridge_daily") }} using (day)
        group by all
    ),
    rates as (
        select
            period,
            period_start,
            step_number,
            step,
            coalesce(numerator, 0)::bigint as numerator,
            coalesce(denominator, 0)::bigint as denominator,
            coalesce(orders, 0)::bigint as orders,
            coalesce(complaint_orders, 0)::bigint as complaint_orders,
            numerator::double / nullif(denominator, 0)::double as rate
        from periods
        cross join steps
        left join sums using (period, period_start, step_number)
    )
select
    period::varchar as period,
    period_start::date as period_start,
    step_number::integer as step_number,
    step::varchar as step,
    numerator::bigint as numerator,
    denominator::bigint as denominator,
    rate::double as rate,
    100 * (rate - lag(rate) over (partition by period, period_start order by step_number))::double as points,
    orders::bigint as orders,
    (complaint_orders::double / nullif(orders, 0)::double)::double as complaint_rate
from rates
