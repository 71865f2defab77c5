-- Each stage at each place: how far from its standard, and what is stuck in it at the end of the last day chosen.
with
    ended as (
        select stage, place, sum(suborders)::bigint as suborders, sum(actual_microseconds)::hugeint as actual,
            sum(standard_microseconds)::hugeint as standard
        from published.marts.agg_stage_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    stuck as (
        select stage, place, sum(open_overdue)::bigint as open_overdue
        from published.marts.agg_stage_open_daily
        where
            day = $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    cells as (
        select stage, place, coalesce(suborders, 0) as suborders, coalesce(actual, 0) as actual, coalesce(standard, 0) as standard,
            coalesce(open_overdue, 0) as open_overdue
        from ended
        full join stuck using (stage, place)
    )
select
    stage, place, held_by, part_of(held_by, kind) as part,
    if($lang = 'zh', name_zh, name_en) as name, position, end_position, suborders, open_overdue,
    case when standard > 0 then (actual - standard)::double / standard::double end as deviation,
    colour(suborders, actual, standard, $minimum_sample, $yellow_from, $red_above) as colour,
    ((actual - standard) / 60000000)::double as minutes_over
from cells
inner join stages using (stage)
left join holders using (held_by, place)
where suborders > 0 or open_overdue > 0
order by position, end_position, place
