-- The months there are, latest first, and the orders that say something about each.
select period_start as month, denominator as orders, not is_too_few(denominator) as is_enough
from published.marts.kpi
where metric = 'true_on_time_rate' and period = 'month'
order by month desc
