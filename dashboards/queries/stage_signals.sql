-- Signal or noise for each stage at each place (XmR): its deviation by spans of $span_days that end with the last day chosen,
-- $look_back_days back. The latest span inside the $period_days chosen that the stage does not do by itself; none: noise.
-- A span with too few sub-orders plays no part; a stage with too few spans has no row.
with
    sums as (
        select stage, place, ($to_day::date - day) // $span_days as back, sum(suborders) as suborders,
            sum(actual_minutes) as actual, sum(standard_minutes) as standard
        from published.marts.agg_stage_daily
        where
            day between $to_day::date - ($look_back_days::integer - 1) and $to_day::date
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    ),
    points as (
        select stage, place, back, (actual - standard) / standard as value,
            abs(value - lag(value) over (partition by stage, place order by back desc)) as moved
        from sums
        where suborders >= $minimum_sample and standard > 0
    ),
    measured as (
        select stage, place, back, value, avg(value) over cell as centre, $xmr_factor * avg(moved) over cell as width,
            side_of(value, centre) as side
        from points
        window cell as (partition by stage, place)
        qualify count(*) over cell >= $xmr_minimum_points
    ),
    numbered as (
        select *, row_number() over (partition by stage, place order by back)
            - row_number() over (partition by stage, place, side order by back) as run
        from measured
    ),
    judged as (
        select *, side <> 0
            and (is_outside(value, centre, width) or count(*) over (partition by stage, place, side, run) >= $xmr_run_length)
            and (back + 1) * $span_days <= $period_days as is_signal
        from numbered
    )
select
    stage, place, bool_or(is_signal) as is_signal, arg_min(side, back) filter (is_signal) as side,
    $to_day::date - (min(back) filter (is_signal) * $span_days)::integer as last_day,
    last_day - ($span_days::integer - 1) as first_day
from judged
group by all
