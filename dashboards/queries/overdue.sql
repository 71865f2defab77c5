-- Orders past their promise and neither signed nor closed at the end of the last day chosen, by how long they are overdue.
with
    open_orders as (
        select minutes_between(promised_at, end_of_day($to_day, $timezone)) / 1440 as days
        from published.marts.fct_orders
        where
            -- by their days first: of most orders no more is read
            is_due and promised_day <= $to_day::date and (signed_day is null or signed_day > $to_day::date)
            and (signed_day is not null or closed_at is null or closed_at > end_of_day($to_day, $timezone))
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
    )
select age, from_days, to_days, count(days) as orders, floor(max(days))::bigint as oldest_days
from ages
left join open_orders on days >= from_days and (to_days is null or days < to_days)
group by all
order by age
