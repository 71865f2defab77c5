-- The months there are, latest first, and whether each has enough orders to say something: signed, and shipped where an
-- ERP says so (a finished history ends in a month of stragglers, all of them late).
select period_start as month, not bool_or(denominator < $minimum_sample) as is_enough
from published.marts.kpi
where metric in ('true_on_time_rate', 'erp_on_time_rate') and period = 'month'
group by period_start
order by month desc
