-- One order: what was promised, what came of it, and what the ERP says.
select
    orders.order_id, if($lang = 'zh', types.name_zh, types.name_en) as order_type_name,
    timezone($timezone, placed_at) as placed_at, wished_date, timezone($timezone, promised_at) as promised_at, promise_source, is_pending,
    timezone($timezone, signed_at) as signed_at, sign_source, is_cancelled, timezone($timezone, cancelled_at) as cancelled_at,
    timezone($timezone, closed_at) as closed_at, is_on_time, lateness_minutes, timezone($timezone, erp_shipped_at) as erp_shipped_at,
    timezone($timezone, erp_ship_by_at) as erp_ship_by_at, is_erp_on_time, suborder_count, deciding_suborder, is_due,
    date_diff('minute', promised_at, run.as_of) as minutes_past, timezone($timezone, run.as_of) as as_of
from published.marts.fct_orders as orders
cross join published.meta.run as run
left join published.marts.dim_order_types as types on types.order_type = coalesce(orders.order_type, 'unknown')
where order_id = $order_id and order_day = $order_day
