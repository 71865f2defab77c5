-- Orders signed late, and those among them that the ERP calls on time.
select
    count(*) filter (not is_on_time) as late_orders,
    count(*) filter (not is_on_time and is_erp_on_time) as late_though_erp_on_time
from published.marts.fct_orders
where
    signed_day between $from_day and $to_day
    and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, coalesce(order_type, 'unknown'))
