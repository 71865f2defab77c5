-- Sub-orders whose transit stayed within the percentile their promise used, and how far their lanes were backed off.
with
    counted as (
        select lane_level, sum(transit_suborders)::bigint as suborders, sum(covered_suborders)::bigint as covered
        from published.marts.agg_promise_lanes_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by rollup (lane_level)
    )
select
    lane_level, coalesce(suborders, 0) as suborders, coalesce(covered, 0) as covered, rate(covered, suborders) as value,
    wilson(covered, suborders, -$wilson_z) as ci_low, wilson(covered, suborders, $wilson_z) as ci_high,
    coalesce(suborders, 0) < $minimum_sample as is_too_few, $aim_percent as aim
from counted
order by lane_level is not null, list_position(['place_carrier_city', 'carrier_province', 'carrier', 'all'], lane_level)
