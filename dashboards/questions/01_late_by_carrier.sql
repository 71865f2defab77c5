-- en: Who is late? By carrier, in the latest month
-- zh: 谁迟到了？最近一个月，按承运商
with latest as (select max(period_start) as month from marts.kpi where period = 'month')
select
    carrier,
    count(*) as signed_orders,
    count(*) filter (not is_on_time) as late_orders,
    round(100.0 * late_orders / signed_orders, 1) as late_percent
from marts.fct_orders
cross join latest
where date_trunc('month', signed_day) = month and is_on_time is not null
group by carrier
order by late_orders desc;
