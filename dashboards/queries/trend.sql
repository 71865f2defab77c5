-- True on-time by the day signed and the ERP's figure by the day shipped; a period without orders has its row too.
-- With it what the process does by itself (XmR): the mean, the natural limits, and the signals against them. Periods with too
-- few orders play no part in these.
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
    ),
    points as (
        select start, rate(k, n) as value, abs(value - lag(value) over (order by start)) as moved
        from sums
        where n >= $minimum_sample
    ),
    measured as (
        select start, value, avg(value) over () as centre, $xmr_factor * avg(moved) over () as width, side_of(value, centre) as side
        from points
        qualify count(*) over () >= $xmr_minimum_points
    ),
    numbered as (
        select *, row_number() over (order by start) - row_number() over (partition by side order by start) as run
        from measured
    ),
    judged as (
        select start, centre, greatest(0, centre - width) as low_limit, least(1, centre + width) as high_limit, side,
            is_outside(value, centre, width) as is_outside, count(*) over same_run as run_length, min(start) over same_run as run_first,
            max(start) over same_run as run_last, side <> 0 and run_length >= $xmr_run_length as is_run
        from numbered
        window same_run as (partition by side, run)
    )
select
    start, coalesce(n, 0)::bigint as orders, rate(k, n) as value, wilson(k, n, -$wilson_z) as ci_low, wilson(k, n, $wilson_z) as ci_high,
    coalesce(n, 0) < $minimum_sample as is_too_few,
    coalesce(erp_n, 0)::bigint as erp_orders, rate(erp_k, erp_n) as erp_value, coalesce(erp_n, 0) < $minimum_sample as is_erp_too_few,
    centre, low_limit, high_limit, side, coalesce(is_outside, false) as is_outside, coalesce(is_run, false) as is_run,
    run_length, run_first, run_last
from starts
left join sums using (start)
left join judged using (start)
order by start
