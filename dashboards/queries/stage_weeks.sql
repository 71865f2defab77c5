-- Each stage at each place by week, Monday to Sunday, the last $weeks up to $to_day: how far from its standard, what is stuck in it
-- at the week's end, or on $to_day in the week that is not over, and for how many weeks on end it has been red by then.
with
    ended as (
        select stage, place, date_trunc('week', day)::date as week, sum(suborders)::bigint as suborders,
            sum(actual_microseconds)::hugeint as actual, sum(standard_microseconds)::hugeint as standard
        from published.marts.agg_stage_daily
        where
            day between date_trunc('week', $to_day::date)::date - 7 * ($weeks::integer - 1) and $to_day::date
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    stuck as (
        select stage, place, date_trunc('week', day)::date as week, sum(open_overdue)::bigint as open_overdue
        from published.marts.agg_stage_open_daily
        where
            day between date_trunc('week', $to_day::date)::date - 7 * ($weeks::integer - 1) and $to_day::date
            and (isodow(day) = 7 or day = $to_day::date)
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    cells as (
        select stage, place, week, coalesce(suborders, 0) as suborders, coalesce(actual, 0) as actual, coalesce(standard, 0) as standard,
            coalesce(open_overdue, 0) as open_overdue,
            colour(coalesce(suborders, 0), actual, standard, $minimum_sample, $yellow_from, $red_above) as colour
        from ended
        full join stuck using (stage, place, week)
        where suborders > 0 or open_overdue > 0
    ),
    -- weeks on end share the day from which they are counted
    runs as (
        select *, week - 7 * row_number() over (partition by stage, place, colour = 'red' order by week)::integer as run
        from cells
    )
select
    week, least(week + 6, $to_day::date) as last_day, stage, place, part_of(held_by, kind) as part,
    if($lang = 'zh', name_zh, name_en) as name, colour,
    -- of too few a count, no rate
    case when colour <> 'grey' then (actual - standard)::double / standard::double end as deviation,
    suborders, ((actual - standard) / 3600000000)::double as hours_over, open_overdue,
    colour in ('green', 'grey') and open_overdue >= $minimum_sample as is_jammed,
    if(colour = 'red', row_number() over (partition by stage, place, colour = 'red', run order by week), 0) as red_weeks
from runs
inner join stages using (stage)
left join holders using (held_by, place)
order by position, end_position, place, week
