-- Orders signed late, and those among them that the ERP calls on time.
select
    coalesce(sum(signed_orders - signed_on_time_orders), 0)::bigint as late_orders,
    coalesce(sum(late_though_erp_on_time_orders), 0)::bigint as late_though_erp_on_time
from published.marts.agg_on_time_daily
where
    day between $from_day and $to_day
    and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
