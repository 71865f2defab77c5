-- Those that no carrier has had yet, by the stage and place where they stand now; most first.
with
    standing as (
        select stage_now as stage, stage_place as place, count(*) as orders, floor(max(minutes_open) / 1440)::bigint as oldest_days
        from overdue_at($to_day, $silent_days)
        where
            part = 'with_us'
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    )
select stage, standing.place, coalesce(if($lang = 'zh', name_zh, name_en), standing.place) as name, orders, oldest_days
from standing
left join published.marts.dim_places as places on places.place = standing.place
order by orders desc, stage, standing.place
