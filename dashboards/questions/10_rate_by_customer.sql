-- en: Which customers are served worst? (from 30 orders promised and signed)
-- zh: 哪些客户的准时率最低？（有承诺且已签收 30 单以上）
select
    customer_id, city,
    count(*) as signed_orders,
    count(*) filter (not is_on_time) as late_orders,
    round(100.0 * count(*) filter (is_on_time) / count(*), 1) as on_time_percent
from marts.fct_orders
left join marts.dim_customers using (customer_id)
where is_on_time is not null
group by customer_id, city
having count(*) >= 30
order by on_time_percent, late_orders desc, customer_id
limit 100;
