{{ config(alias="parameters") }}
select
    name::varchar as name, valid_from::date as valid_from, value::double as value, meaning::varchar as meaning
from {{ ref("parameters") }}
