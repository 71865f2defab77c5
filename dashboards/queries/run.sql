-- The run behind the figures. A clock runs where the night's own "now" was the clock's; else the history has ended.
select
    run.run_number, run.timezone, run.standards_from,
    local_day(run.as_of) as last_day,
    timezone(run.timezone, run.as_of) as as_of_local,
    timezone(run.timezone, run.as_of) = (local_day(run.as_of) + 1)::timestamp as is_end_of_day,
    runs.published_at - run.as_of <= interval 36 hours as has_clock,
    now() - run.as_of > interval 36 hours as is_old,
    date_diff('minute', run.as_of, now()) as age_minutes,
    (select count(*) from published.meta.files where status = 'refused') as refused_files,
    (select min(period_start) from published.marts.kpi where period = 'day') as first_day,
    parameter('yellow_from_percent')::double as yellow_from_percent,
    parameter('red_above_percent')::double as red_above_percent,
    parameter('minimum_sample')::integer as minimum_sample,
    parameter('final_after_days')::integer as final_after_days
from published.meta.run as run
left join published.meta.runs as runs using (run_number)
