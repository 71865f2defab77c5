-- The rows in quarantine themselves, as they came; of one table, of one kind of mistake, where one is asked for.
select source || '.' || table_name as name, file, record, kind_of_mistake(reason) as kind, reason, "row", timezone($timezone, loaded_at) as loaded_at,
    count(*) over () as rows
from published.meta.quarantine
where
    ($quarantined = '' or source || '.' || table_name = $quarantined) and ($mistake = '' or kind_of_mistake(reason) = $mistake)
order by regexp_extract(file, '\d{4}-\d{2}-\d{2}') desc, file, record
limit $most
