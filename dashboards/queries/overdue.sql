-- Orders past their promise and neither signed nor closed at the end of the last day chosen, by how long they are overdue.
with
    open_orders as (
        select minutes_open / 1440 as days
        from overdue_at($to_day, $silent_days)
        where is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
    )
select age, from_days, to_days, count(days) as orders, floor(max(days))::bigint as oldest_days
from ages
left join open_orders on days >= from_days and (to_days is null or days < to_days)
group by all
order by age
