-- Where the promises of the orders signed came from, and how many of each were kept.
select
    promise_source, count(*) as orders, count(*) filter (is_on_time) as on_time_orders,
    rate(count(*) filter (is_on_time), count(*)) as value, count(*) < $minimum_sample as is_too_few
from published.marts.fct_orders
where
    signed_day between $from_day and $to_day
    and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
group by promise_source
order by promise_source
