{{ config(materialized="table") }}
select
    carrier::varchar as carrier,
    coalesce(carriers.name_zh, case carrier when 'unknown' then '未知' end, carrier)::varchar as name_zh,
    coalesce(carriers.name_en, case carrier when 'unknown' then 'Unknown' end, carrier)::varchar as name_en,
    coalesce(carriers.sends_collected_event, true)::boolean as sends_collected_event
from
    (
        select carrier
        from {{ ref("agg_on_time_daily") }}
        union
        select carrier
        from {{ ref("agg_stage_daily") }}
        union
        select carrier
        from {{ source("reference", "carriers") }}
    )
left join {{ source("reference", "carriers") }} as carriers using (carrier)
