-- When each source table last came, what it brought, and whether it has been silent longer than ever before.
with
    gaps as (
        select *, date_diff('minute', lag(file_recorded_at) over (partition by source, table_name order by file_recorded_at), file_recorded_at) as gap
        from published.meta.files
        where status <> 'refused'
    ),
    came as (
        select source, table_name, max(file_recorded_at) as last_file_at, max(loaded_at) as last_loaded_at, count(*) as files,
            max(gap) as longest_gap
        from gaps
        group by all
    ),
    refused as (
        select source, table_name, count(*) as files_refused from published.meta.files where status = 'refused' group by all
    ),
    books as (
        select source, table_name, sum(rows_read)::bigint as rows_read, sum(rows_accepted)::bigint as rows_accepted,
            sum(rows_duplicate)::bigint as rows_duplicate, sum(rows_quarantined)::bigint as rows_quarantined
        from published.meta.loads
        group by all
    )
select
    books.source, books.table_name, books.source || '.' || books.table_name as name, timezone(run.timezone, last_file_at) as last_file_at,
    timezone(run.timezone, heard.last_occurred_at) as last_occurred_at, timezone(run.timezone, heard.last_recorded_at) as last_recorded_at,
    timezone(run.timezone, last_loaded_at) as last_loaded_at, coalesce(files, 0) as files, coalesce(files_refused, 0) as files_refused,
    rows_read, rows_accepted, rows_duplicate, rows_quarantined,
    date_diff('minute', last_file_at, run.as_of) as silent_minutes,
    -- one file says nothing of how often the next one comes
    coalesce(silent_minutes > longest_gap + 1440, false) as is_silent
from books
cross join published.meta.run as run
left join came using (source, table_name)
left join refused using (source, table_name)
left join published.marts.dim_sources as heard using (source)
order by is_silent desc, files_refused > 0 desc, rows_quarantined / nullif(rows_read, 0) desc nulls last, name
