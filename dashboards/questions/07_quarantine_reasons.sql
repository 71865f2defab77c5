-- en: Which rows did we refuse, and why?
-- zh: 哪些数据行被拒收，原因是什么？
select
    source, table_name,
    -- the same reason in every line: without the line's number and the value that stood there
    regexp_replace(regexp_replace(reason, '^Line \d+: ', ''), '''[^'']*''', '…') as why,
    count(*) as refused_rows,
    min(file) as first_file
from meta.quarantine
group by source, table_name, why
order by refused_rows desc, source, table_name, why;
