-- Orders past their promise and neither signed nor closed at the end of the last day chosen, by how long they are overdue.
with
    ends as (
        select timezone(timezone, ($to_day::date + 1)::timestamp) as at from published.meta.run
    ),
    open_orders as (
        select minutes_between(promised_at, ends.at) / 1440 as days
        from (
            -- by their days first: of most orders no more is read
            select * from published.marts.fct_orders
            where is_due and promised_day <= $to_day::date and (signed_day is null or signed_day > $to_day::date)
        ) as orders
        inner join ends on signed_day is not null or closed_at is null or closed_at > ends.at
        where is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
    )
select age, from_days, to_days, count(days) as orders, floor(max(days))::bigint as oldest_days
from ages
left join open_orders on days >= from_days and (to_days is null or days < to_days)
group by all
order by age
