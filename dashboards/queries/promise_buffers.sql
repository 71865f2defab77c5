-- How much buffer was promised, by the day the order was placed; beside it the wished days met, by wished day.
with
    -- by day first: the weeks and months are then told of a few rows, not of each order
    counted as (
        select order_day, transit_buffer_minutes, count(*) as orders
        from published.marts.fct_orders
        where
            order_day between $from_day and $to_day and transit_buffer_minutes is not null
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
        group by all
    ),
    sized as (
        select
            date_trunc($grain, order_day)::date as start, transit_buffer_minutes / 1440 as days, sum(orders)::bigint as orders
        from counted
        group by all
    ),
    ranked as (
        select
            *, sum(orders) over (partition by start order by days) as rank, sum(orders) over (partition by start) as of_orders
        from sized
    ),
    buffers as (
        select
            start, sum(orders)::bigint as orders, sum(days * orders) / sum(orders) as mean_days,
            min(days) filter (10 * rank >= of_orders) as low_days, min(days) filter (2 * rank >= of_orders) as median_days,
            min(days) filter (10 * rank >= 9 * of_orders) as high_days
        from ranked
        group by start
    ),
    wishes as (
        select date_trunc($grain, day)::date as start, sum(wished_hit_orders)::bigint as hits, sum(wished_orders)::bigint as wished
        from published.marts.agg_on_time_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    )
select
    start, coalesce(orders, 0) as orders, mean_days, low_days, median_days, high_days,
    coalesce(orders, 0) < $minimum_sample as is_too_few, coalesce(wished, 0) as wished, rate(hits, wished) as wish_value,
    coalesce(wished, 0) < $minimum_sample as is_wish_too_few
from buffers
full join wishes using (start)
order by start
