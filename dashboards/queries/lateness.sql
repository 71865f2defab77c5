-- Who owns the late minutes of the orders signed late: the share is of all late minutes.
with
    owned as (
        select lateness.stage, lateness.place, sum(late_minutes) as minutes, count(*) as orders
        from published.marts.fct_lateness as lateness
        inner join published.marts.fct_orders as orders using (order_id)
        where
            orders.signed_day between $from_day and $to_day
            and is_chosen($places, orders.place) and is_chosen($carriers, orders.carrier) and is_chosen($types, coalesce(orders.order_type, 'unknown'))
        group by all
    )
select
    stage, place, held_by, if($lang = 'zh', name_zh, name_en) as name, minutes, orders, minutes / sum(minutes) over () as share
from owned
left join stages using (stage)
left join holders using (held_by, place)
order by minutes desc, stage, place
