-- The rows in quarantine themselves, as they came; of one table where one is asked for.
select source || '.' || table_name as name, file, record, kind_of_mistake(reason) as kind, reason, "row", local(loaded_at) as loaded_at
from published.meta.quarantine
where $quarantined = '' or source || '.' || table_name = $quarantined
order by file desc, record
limit $most
