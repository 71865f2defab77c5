-- Files that were refused whole: why, and what to do.
select source || '.' || table_name as name, file, reason, remedy
from published.meta.files
where status = 'refused'
order by file
