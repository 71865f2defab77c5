-- en: Which orders came late although the ERP counts them as on time?
-- zh: 哪些订单 ERP 算准时，客户却收晚了？
select
    order_id, customer_id, place, carrier, erp_shipped_at, erp_ship_by_at, promised_at, signed_at,
    round(lateness_minutes / 60, 1) as late_hours
from marts.fct_orders
where is_erp_on_time and not is_on_time
order by lateness_minutes desc, order_id
limit 100;
