-- Why a rate differs between two periods, split exactly over cells place x carrier x type and added up by place, carrier or
-- type (`$by`): `mix` is what a cell's share of the denominator moved, `effect` what its own rate moved. A rate absent in
-- one period takes the other's. A share's move weighs by how far the cell is from the mean: shares sum to 1, so that the
-- total is the same as without it. The columns to count come by their names in the catalogue. The row
-- `is_total` carries Newcombe's interval of the difference.
with
    counted as (
        select
            place, carrier, order_type, day between $before_from and $before_to as is_before, day between $from_day and $to_day as is_now,
            columns(lambda name: name = $numerator) as k, columns(lambda name: name = $denominator) as n
        from published.marts.agg_on_time_daily
        where
            day between least($before_from::date, $from_day::date) and greatest($before_to::date, $to_day::date)
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
    ),
    cells as materialized (
        select
            place, carrier, order_type,
            coalesce(sum(k) filter (is_before), 0)::double as k0, coalesce(sum(n) filter (is_before), 0)::double as n0,
            coalesce(sum(k) filter (is_now), 0)::double as k1, coalesce(sum(n) filter (is_now), 0)::double as n1,
            coalesce(k0 / nullif(n0, 0), k1 / n1) as r0, coalesce(k1 / nullif(n1, 0), k0 / n0) as r1
        from counted
        where n > 0 and (is_before or is_now)
        group by place, carrier, order_type
    ),
    whole as (
        select nullif(sum(n0), 0) as all0, nullif(sum(n1), 0) as all1, (sum(k0) / all0 + sum(k1) / all1) / 2 as mean from cells
    ),
    rolled as (
        select
            case $by when 'carrier' then carrier when 'order_type' then order_type else place end as member,
            coalesce(member, 'unknown') as code, grouping(member) = 1 as is_total,
            coalesce(sum(k0), 0)::bigint as k0, coalesce(sum(n0), 0)::bigint as n0,
            coalesce(sum(k1), 0)::bigint as k1, coalesce(sum(n1), 0)::bigint as n1,
            sum(n0 / all0) as w0, sum(n1 / all1) as w1,
            sum((n1 / all1 - n0 / all0) * ((r0 + r1) / 2 - mean)) as mix, sum((r1 - r0) * (n0 / all0 + n1 / all1) / 2) as effect
        from cells
        cross join whole
        group by grouping sets ((member), ())
    ),
    names as (
        select 'place' as named, place as code, name_zh, name_en from published.marts.dim_places
        union all
        select 'carrier', carrier, name_zh, name_en from published.marts.dim_carriers
        union all
        select 'order_type', order_type, name_zh, name_en from published.marts.dim_order_types
    )
select
    is_total, rolled.code as code, coalesce(if($lang = 'zh', name_zh, name_en), rolled.code) as name, k0, n0, k1, n1, w0, w1, mix, effect,
    rate(k0, n0) as rate0, rate(k1, n1) as rate1, rate1 - rate0 as difference,
    difference - sqrt(pow(rate1 - wilson(k1, n1, -$wilson_z), 2) + pow(wilson(k0, n0, $wilson_z) - rate0, 2)) as low,
    difference + sqrt(pow(wilson(k1, n1, $wilson_z) - rate1, 2) + pow(rate0 - wilson(k0, n0, -$wilson_z), 2)) as high,
    least(n0, n1) < $minimum_sample as is_too_few, n0 < $minimum_sample as is_few0, n1 < $minimum_sample as is_few1
from rolled
left join names on named = $by and names.code = rolled.code and not is_total
order by is_total desc, abs(effect) desc, rolled.code
