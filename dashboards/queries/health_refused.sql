-- Files that were refused whole: why, and what to do.
select source || '.' || table_name as name, file, told(reason, reason_zh, $lang) as reason, told(remedy, remedy_zh, $lang) as remedy
from seen_files
where status = 'refused'
order by file
