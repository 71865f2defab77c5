-- Late minutes per promised order signed, in two periods, by the stage and place they were lost in: the `$shown` places that
-- moved most, the other places of a stage as one line. The changes sum to the change of the whole (`is_total`).
with
    signed as (
        select
            coalesce(sum(signed_orders) filter (day between $before_from and $before_to), 0)::bigint as n0,
            coalesce(sum(signed_orders) filter (day between $from_day and $to_day), 0)::bigint as n1
        from published.marts.agg_on_time_daily
        where
            (day between $before_from and $before_to or day between $from_day and $to_day)
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
    ),
    lost as (
        select
            stage, place, grouping(stage) = 1 as is_total,
            coalesce(sum(late_microseconds) filter (day between $before_from and $before_to), 0) as lost0,
            coalesce(sum(late_microseconds) filter (day between $from_day and $to_day), 0) as lost1
        from (
            select day, lost_stage(stage, replaced_carrier) as stage, lost_place(stage_place, replaced_carrier) as place, late_microseconds
            from published.marts.agg_lateness_daily as lateness
            where
                (day between $before_from and $before_to or day between $from_day and $to_day)
                and is_chosen($places, lateness.place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        )
        group by grouping sets ((stage, place), ())
    ),
    compared as (
        select
            is_total, stage, place, n0, n1, lost0 / 60000000 / nullif(n0, 0) as minutes0, lost1 / 60000000 / nullif(n1, 0) as minutes1,
            row_number() over (order by is_total desc, abs(minutes1 - minutes0) desc, stage, place) > $shown + 1 as is_small
        from lost
        cross join signed
    ),
    folded as (
        select
            is_total, stage, if(count(*) = 1, any_value(place), null) as place, count(*) as places, n0, n1,
            sum(minutes0) as minutes0, sum(minutes1) as minutes1
        from compared
        group by is_total, stage, if(is_small, null, coalesce(place, '')), n0, n1
    )
select
    is_total, stage, place, coalesce(if($lang = 'zh', name_zh, name_en), place) as name, places, n0, n1, minutes0, minutes1,
    minutes1 - minutes0 as difference, least(n0, n1) < $minimum_sample as is_too_few
from folded
left join stages using (stage)
left join holders using (held_by, place)
order by is_total desc, abs(difference) desc, stage, place
