-- en: Which stage, at which place, owns the late minutes of the latest month?
-- zh: 最近一个月的迟到时间，主要出在哪个环节、哪个地点？
with latest as (select max(period_start) as month from marts.kpi where period = 'month')
select
    if(replaced_carrier is null, stage, 'before a replacement was sent') as stage,
    coalesce(replaced_carrier, place, '(nobody: the promise was too tight)') as place,
    count(distinct order_id) as late_orders,
    round(sum(late_minutes) / 60) as late_hours,
    round(100 * sum(late_minutes) / sum(sum(late_minutes)) over (), 1) as share_percent
from marts.fct_lateness
cross join latest
where date_trunc('month', signed_day) = month
group by 1, 2
order by late_hours desc;
