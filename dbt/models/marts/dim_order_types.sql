{{ config(materialized="table") }}
select
    order_type::varchar as order_type,
    coalesce(types.name_zh, case order_type when 'unknown' then '未知' end, order_type)::varchar as name_zh,
    coalesce(types.name_en, case order_type when 'unknown' then 'Unknown' end, order_type)::varchar as name_en
from
    (
        select order_type
        from {{ ref("agg_on_time_daily") }}
        union
        select order_type
        from {{ source("reference", "order_types") }}
    )
left join {{ source("reference", "order_types") }} as types using (order_type)
