-- What moved a day's rate after it was first published, and how many orders, the most first.
select cause, count(*) as orders
from published.marts.fct_restatements
where metric = $metric and day = $day::date and cause is not null
group by cause
order by orders desc, cause
