-- The last run's checks: by table, and those that failed one by one.
select
    table_name, count(*) as checks, count(*) filter (passed) as passed, count(*) filter (not passed) as failed,
    count(*) filter (not passed and severity = 'block') as blocking
from published.meta.quality
where run_number = (select run_number from published.meta.run)
group by table_name
order by blocking desc, failed desc, table_name
