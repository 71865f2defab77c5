{{ config(materialized="table") }}
with
    seen as (
        select place
        from {{ ref("agg_on_time_daily") }}
        union
        select place
        from {{ ref("agg_stage_daily") }}
        union
        select place
        from {{ ref("agg_stage_open_daily") }}
    )
select
    place::varchar as place,
    coalesce(places.name_zh, case place when 'office' then '总部' when 'unknown' then '未知' end, place)::varchar
    as name_zh,
    coalesce(
        places.name_en, case place when 'office' then 'Head office' when 'unknown' then 'Unknown' end, place
    )::varchar as name_en,
    coalesce(
        places.kind, case place when 'office' then 'office' when 'unknown' then 'unknown' else 'place' end
    )::varchar as kind,
    places.city::varchar as city,
    places.province::varchar as province
from
    (
        select place
        from seen
        where place not in (select carrier from {{ ref("dim_carriers") }} where carrier <> 'unknown')
        union
        select place
        from {{ source("reference", "places") }}
    )
left join {{ source("reference", "places") }} as places using (place)
