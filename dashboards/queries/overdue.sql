-- Orders past their promise and neither signed nor closed at the end of the last day chosen, by how long they are overdue.
with
    open_orders as (
        select date_diff('hour', promised_at, timezone(run.timezone, ($to_day::date + 1)::timestamp)) / 24.0 as days
        from published.marts.fct_orders as orders
        cross join published.meta.run as run
        where
            is_due and promised_day <= $to_day
            and (coalesce(signed_at, closed_at) is null or local_day(coalesce(signed_at, closed_at)) > $to_day)
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
    ),
    ages as (
        from (values (1, 0, 1), (2, 1, 3), (3, 3, 7), (4, 7, 14), (5, 14, null)) as ages(age, from_days, to_days)
    )
select age, from_days, to_days, count(days) as orders, max(days) as oldest_days
from ages
left join open_orders on days >= from_days and (to_days is null or days < to_days)
group by all
order by age
