-- The orders behind a figure of the period, the worst first: signed late; late though the ERP says on time; overdue and open.
with
    ends as (
        select timezone(timezone, ($to_day::date + 1)::timestamp) as at from published.meta.run
    ),
    meant as (
        select orders.*, lateness_minutes as minutes
        from published.marts.fct_orders as orders
        where
            $show in ('late', 'late_erp') and signed_day between $from_day and $to_day and not is_on_time
            and ($show = 'late' or is_erp_on_time)
        union all
        select orders.*, date_diff('minute', promised_at, ends.at)
        from published.marts.fct_orders as orders
        inner join ends on promised_at <= ends.at and (coalesce(signed_at, closed_at) is null or coalesce(signed_at, closed_at) > ends.at)
        where $show = 'overdue' and is_due
    )
select
    order_id, minutes, local(promised_at) as promised_at, local(signed_at) as signed_at,
    coalesce(if($lang = 'zh', places.name_zh, places.name_en), meant.place) as place_name,
    coalesce(if($lang = 'zh', carriers.name_zh, carriers.name_en), meant.carrier) as carrier_name,
    count(*) over () as orders
from meant
left join published.marts.dim_places as places using (place)
left join published.marts.dim_carriers as carriers on carriers.carrier = meant.carrier
where is_chosen($places, meant.place) and is_chosen($carriers, meant.carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
order by minutes desc, order_id
limit 200
