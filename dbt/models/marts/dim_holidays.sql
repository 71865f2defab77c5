{{ config(materialized="table") }}
select day::date as day, kind::varchar as kind, name_zh::varchar as name_zh, name_en::varchar as name_en
from {{ source("reference", "holidays") }}
