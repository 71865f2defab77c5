-- Who owns the late minutes of the orders signed late: the share is of all late minutes.
with
    owned as (
        select stage, stage_place as place, (sum(late_microseconds) / 60000000)::double as minutes, sum(late_orders)::bigint as orders
        from published.marts.agg_lateness_daily as lateness
        where
            day between $from_day and $to_day
            and is_chosen($places, lateness.place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
        group by all
    )
select
    stage, place, held_by, if($lang = 'zh', name_zh, name_en) as name, minutes, orders, minutes / sum(minutes) over () as share
from owned
left join stages using (stage)
left join holders using (held_by, place)
order by minutes desc, stage, place
