-- True on-time by the day signed and the ERP's figure by the day shipped; a period without orders has its row too.
with
    sums as (
        select date_trunc($grain, day)::date as start,
            sum(signed_on_time_orders) as k, sum(signed_orders) as n,
            sum(erp_on_time_orders) as erp_k, sum(erp_shipped_orders) as erp_n
        from published.marts.agg_on_time_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    starts as (
        select distinct date_trunc($grain, unnest(range($from_day::timestamp, $to_day::timestamp + interval 1 day, interval 1 day)))::date as start
    )
select
    start, coalesce(n, 0)::bigint as orders, rate(k, n) as value, wilson(k, n, -$wilson_z) as ci_low, wilson(k, n, $wilson_z) as ci_high,
    coalesce(n, 0) < $minimum_sample as is_too_few,
    coalesce(erp_n, 0)::bigint as erp_orders, rate(erp_k, erp_n) as erp_value, coalesce(erp_n, 0) < $minimum_sample as is_erp_too_few
from starts
left join sums using (start)
order by start
