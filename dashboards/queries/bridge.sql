-- From the ERP's figure to the truth, step by step; a step without data is absent.
with
    sums as (
        select step_number, step, sum(numerator)::bigint as numerator, sum(denominator)::bigint as denominator,
            sum(orders)::bigint as orders, sum(complaint_orders)::bigint as complaint_orders
        from published.marts.agg_bridge_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    )
select
    step_number, step, numerator, denominator, rate(numerator, denominator) as rate,
    100 * (rate(numerator, denominator) - lag(rate(numerator, denominator)) over (order by step_number)) as points,
    orders, rate(complaint_orders, orders) as complaint_rate, denominator < $minimum_sample as is_too_few
from sums
where denominator > 0
order by step_number
