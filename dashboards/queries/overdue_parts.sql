-- The same orders by what can be done about them.
with
    open_orders as (
        select part, minutes_open / 1440 as days
        from overdue_at($to_day, $silent_days)
        where is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
    )
select part, is_moving, count(days) as orders, floor(max(days))::bigint as oldest_days, $silent_days as silent_days
from overdue_parts
left join open_orders using (part)
group by turn, part, is_moving
order by turn
