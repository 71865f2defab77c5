-- What each percentile would have promised the orders signed, and how many would have come by then.
select
    level_percent, level_percent = $aim_percent as is_in_force, sum(orders)::bigint as orders,
    sum(on_time_orders)::bigint as on_time_orders, rate(sum(on_time_orders), sum(orders)) as value,
    wilson(sum(on_time_orders), sum(orders), -$wilson_z) as ci_low, wilson(sum(on_time_orders), sum(orders), $wilson_z) as ci_high,
    sum(buffer_hours) / (24.0 * sum(orders)) as buffer_days, sum(orders) < $minimum_sample as is_too_few
from published.marts.agg_promise_levels_daily
where
    day between $from_day and $to_day
    and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
group by level_percent
order by level_percent
