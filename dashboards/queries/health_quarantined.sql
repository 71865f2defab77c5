-- The rows in quarantine themselves, as they came; of one table, of one kind of mistake, where one is asked for.
select source || '.' || table_name as name, file, record, kind_of_mistake(quarantined.reason) as kind, told(reason, reason_zh, $lang) as reason,
    "row", timezone($timezone, loaded_at) as loaded_at, count(*) over () as rows
from quarantined
where
    ($quarantined = '' or source || '.' || table_name = $quarantined) and ($mistake = '' or kind_of_mistake(quarantined.reason) = $mistake)
order by regexp_extract(file, '\d{4}-\d{2}-\d{2}') desc, file, record
limit $most
