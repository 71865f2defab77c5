-- The business numbers with the days on which each value holds: the value before and the one after stand beside it.
select
    name, value, in_language(meaning, $lang) as meaning, nullif(valid_from, date '1900-01-01') as valid_from,
    lead(valid_from) over of_name - 1 as valid_to, lag(value) over of_name as value_before,
    valid_from <= $last_day::date and coalesce(lead(valid_from) over of_name > $last_day::date, true) as is_in_force
from published.meta.parameters
window of_name as (partition by name order by valid_from)
order by value_before is null, valid_from desc, name
