{{ config(materialized="table") }}
select
    event_type::varchar as event_type,
    milestone::varchar as milestone,
    role::varchar as role,
    title_zh::varchar as name_zh,
    title_en::varchar as name_en
from {{ ref("event_types") }}
