-- What each run read, and what became of it; the last ones that read anything.
select *
from (
    select loads.run_number, timezone($timezone, any_value(runs.as_of)) as as_of, sum(files)::bigint as files, sum(files_refused)::bigint as files_refused,
        sum(rows_accepted)::bigint as rows_accepted, sum(rows_duplicate)::bigint as rows_duplicate,
        sum(rows_quarantined)::bigint as rows_quarantined, sum(rows_read)::bigint as rows_read
    from published.meta.loads as loads
    left join published.meta.runs as runs using (run_number)
    group by loads.run_number
    having sum(rows_read) > 0
    order by loads.run_number desc
    limit 31
)
order by run_number
