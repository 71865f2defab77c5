-- Why rows are in quarantine, by kind of mistake and table; the line number and the value itself left out.
select
    source || '.' || table_name as name, kind_of_mistake(reason) as kind,
    regexp_replace(regexp_replace(reason, '(Line|Row) \d+: ', '', 'g'), '''[^'']*''', '…', 'g') as said, count(*) as rows
from published.meta.quarantine
group by all
order by rows desc, name, said
