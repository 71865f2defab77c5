-- Late minutes per promised order signed, in two periods, by the stage and place they were lost in; the changes sum to the
-- change of the whole (`is_total`).
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
            stage, stage_place as place, grouping(stage) = 1 as is_total,
            coalesce(sum(late_microseconds) filter (day between $before_from and $before_to), 0) as lost0,
            coalesce(sum(late_microseconds) filter (day between $from_day and $to_day), 0) as lost1
        from published.marts.agg_lateness_daily as lateness
        where
            (day between $before_from and $before_to or day between $from_day and $to_day)
            and is_chosen($places, lateness.place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by grouping sets ((stage, stage_place), ())
    )
select
    is_total, stage, place, coalesce(if($lang = 'zh', name_zh, name_en), place) as name, n0, n1,
    lost0 / 60000000 / nullif(n0, 0) as minutes0, lost1 / 60000000 / nullif(n1, 0) as minutes1, minutes1 - minutes0 as difference,
    least(n0, n1) < $minimum_sample as is_too_few
from lost
cross join signed
left join stages using (stage)
left join holders using (held_by, place)
order by is_total desc, abs(difference) desc, stage, place
