-- Did everything come in, and can it be trusted: one row.
with
    books as (
        select count(distinct (source, table_name)) as tables, sum(rows_read)::bigint as rows_read,
            sum(rows_quarantined)::bigint as rows_quarantined
        from published.meta.loads
    ),
    checks as (
        select count(*) as checks, count(*) filter (not passed) as failed, count(*) filter (not passed and severity = 'block') as blocking
        from published.meta.quality
        where run_number = (select run_number from published.meta.run)
    )
select books.*, checks.*, (select count(*) from published.meta.files where status = 'refused') as refused_files
from books cross join checks
