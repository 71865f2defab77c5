-- The run behind the figures. A clock runs where the night's own "now" was the clock's; else the history has ended.
select
    run.run_number, run.timezone, run.standards_from,
    -- an instant that ends a local day belongs to the day it ends
    cast(timezone(run.timezone, run.as_of - interval 1 microsecond) as date) as last_day,
    timezone(run.timezone, run.as_of) as as_of_local,
    timezone(run.timezone, run.as_of)::time = time '00:00' as is_end_of_day,
    runs.published_at - run.as_of <= interval 36 hours as has_clock,
    -- how old that is now is the reader's question: these rows are kept for as long as the file is
    epoch(run.as_of) as as_of_seconds,
    (select min(period_start) from published.marts.kpi where period = 'all') as first_day,
    (select count(*) from published.meta.files where status = 'refused') as refused_files,
    $yellow_from as yellow_from, $red_above as red_above, $minimum_sample as minimum_sample,
    $final_after_days as final_after_days, $xmr_minimum_points as xmr_minimum_points,
    $xmr_factor as xmr_factor, $xmr_run_length as xmr_run_length,
    $old_after_seconds as old_after_seconds, $publication_hour as publication_hour
from published.meta.run as run
left join published.meta.runs as runs using (run_number)
