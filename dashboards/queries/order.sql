-- One order: what was promised, what came of it, and what the ERP says.
select
    orders.order_id, if($lang = 'zh', types.name_zh, types.name_en) as order_type_name,
    local(placed_at) as placed_at, wished_date, local(promised_at) as promised_at, promise_source, is_pending,
    local(signed_at) as signed_at, sign_source, is_cancelled, local(cancelled_at) as cancelled_at,
    local(closed_at) as closed_at, is_on_time, lateness_minutes, local(erp_shipped_at) as erp_shipped_at,
    local(erp_ship_by_at) as erp_ship_by_at, is_erp_on_time, suborder_count, deciding_suborder, is_due,
    date_diff('minute', promised_at, run.as_of) as minutes_past, local(run.as_of) as as_of
from published.marts.fct_orders as orders
cross join published.meta.run as run
left join published.marts.dim_order_types as types on types.order_type = coalesce(orders.order_type, 'unknown')
where order_id = $order_id and order_day = $order_day
