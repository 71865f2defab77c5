-- Each carrier ($by = 'carrier') or place on the lanes that others serve too: its rate, and what the others' rates there
-- come to, weighted by its own orders a lane. A lane is the far end (the place of a carrier, or the reverse) and a province.
-- Suppliers, who send from their own stock, are compared with suppliers. A filter of $by marks whom it names; all are shown.
with
    counted as (
        select
            if($by = 'carrier', carrier, place) as code, if($by = 'carrier', place, carrier) as far_end, destination_province,
            sum(signed_orders)::bigint as n, sum(signed_on_time_orders)::bigint as k
        from published.marts.agg_lane_daily
        where
            day between $from_day and $to_day and is_chosen($types, order_type)
            and ($by = 'place' or is_chosen($places, place)) and ($by = 'carrier' or is_chosen($carriers, carrier))
        group by all
    ),
    known as (
        select counted.*, $by = 'place' and coalesce(kind = 'supplier', false) as is_supplier
        from counted
        left join published.marts.dim_places as places on places.place = code
        where code <> 'unknown'
    ),
    lanes as (
        select
            *, sum(n) over lane - n as other_n, sum(k) over lane - k as other_k,
            other_n > 0 and far_end <> 'unknown' and destination_province <> 'unknown' as is_shared
        from known
        window lane as (partition by is_supplier, far_end, destination_province)
    ),
    summed as (
        select
            code, sum(n)::bigint as all_orders, sum(k)::bigint as all_on_time, count(*) filter (is_shared) as lanes,
            coalesce(sum(n) filter (is_shared), 0)::bigint as orders, coalesce(sum(k) filter (is_shared), 0)::bigint as on_time,
            coalesce(sum(other_n) filter (is_shared), 0)::bigint as other_orders,
            sum(n * other_k::double / other_n) filter (is_shared) as expected_on_time,
            sum(n * n::double / other_n) filter (is_shared) as leverage
        from lanes
        group by code
    ),
    scored as (
        select
            *, least(orders, other_orders) < $minimum_sample as is_too_few, rate(on_time, orders) as own,
            least(1.0, expected_on_time / nullif(orders, 0)) as others, own - others as difference,
            -- by the rates of all lanes together: a lane of one order would seem to vary not at all
            $wilson_z * sqrt(own * (1 - own) / orders + others * (1 - others) * leverage / (orders::double * orders)) as margin,
            sum(all_on_time) over () / sum(all_orders) over () as overall, count(*) over () as compared
        from summed
    )
select
    code, coalesce(if($lang = 'zh', name_zh, name_en), code) as name, orders, lanes, other_orders, all_orders,
    orders / all_orders as comparable, if(all_orders < $minimum_sample, null, rate(all_on_time, all_orders)) as raw, overall,
    if(is_too_few, null, own) as value, if(is_too_few, null, others) as expected, if(is_too_few, null, difference) as gap,
    if(is_too_few, null, difference - margin) as ci_low, if(is_too_few, null, difference + margin) as ci_high,
    case
        when is_too_few then 'few' when difference + margin < 0 then 'worse'
        when difference - margin > 0 then 'better' else 'chance'
    end as standing,
    compared, if($by = 'carrier', list_contains($carriers::varchar[], code), list_contains($places::varchar[], code)) as is_marked
from scored
left join holders on held_by = $by and place = code
order by gap nulls last, orders desc, code
