-- How many rows are in quarantine, by kind of mistake.
select kind_of_mistake(reason) as kind, count(*) as rows
from published.meta.quarantine
group by kind
order by rows desc, kind
