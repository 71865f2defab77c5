-- Each lane that promises used: how many of its sub-orders stayed within the percentile used; the worst first.
with
    counted as (
        select
            lane_level, lane_place, lane_carrier, lane_city, lane_province, sum(transit_suborders)::bigint as suborders,
            sum(covered_suborders)::bigint as covered, sum(transit_hours)::bigint as transit_hours,
            sum(buffer_hours)::bigint as buffer_hours
        from published.marts.agg_promise_lanes_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    )
select
    lane_level, lane_place as place, lane_carrier as carrier,
    concat_ws(
        ' · ',
        coalesce(if($lang = 'zh', places.name_zh, places.name_en), lane_place),
        coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), lane_carrier),
        coalesce(lane_city, lane_province)
    ) as name,
    concat_ws(
        ' · ',
        coalesce(if($lang = 'zh', places.name_zh, places.name_en), lane_place),
        coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), lane_carrier)
    ) as sender, coalesce(lane_city, lane_province) as destination,
    suborders, covered, suborders - covered as slower, suborders < $minimum_sample as is_too_few,
    if(suborders < $minimum_sample, null, rate(covered, suborders)) as value,
    wilson(covered, suborders, -$wilson_z) as ci_low, wilson(covered, suborders, $wilson_z) as ci_high,
    buffer_hours / (24.0 * suborders) as buffer_days, transit_hours / (24.0 * suborders) as transit_days, $aim_percent as aim
from counted
left join published.marts.dim_places as places on places.place = lane_place
left join published.marts.dim_carriers as carriers on carriers.carrier = lane_carrier
order by value nulls last, suborders desc, name, lane_level
