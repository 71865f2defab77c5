-- The stages that an order's parts went through, or are in: what each took, and what it should have.
with
    replacements as (
        select replaced_by as fulfilment_code, any_value(coalesce(carrier, 'unknown')) as replaced_carrier
        from published.marts.fct_suborders
        where order_id = $order_id and order_day = $order_day and replaced_by is not null
        group by all
    )
select
    durations.fulfilment_code, lost_stage(durations.stage, if(is_first_own, replaced_carrier, null)) as stage, durations.place, if($lang = 'zh', holders.name_zh, holders.name_en) as place_name,
    timezone($timezone, started_at) as started_at, timezone($timezone, coalesce(ended_at, left_at, run.as_of)) as ended_at,
    ended_at is null and left_at is null as is_open,
    date_diff('microsecond', started_at, coalesce(ended_at, left_at, run.as_of)) / 60000000.0 as minutes,
    standard_minutes, minutes > standard_minutes as is_over
from published.marts.fct_stage_durations as durations
cross join published.meta.run as run
left join stages using (stage)
left join replacements using (fulfilment_code)
left join holders on holders.held_by = stages.held_by and holders.place = durations.place
where order_id = $order_id and order_day = $order_day
order by fulfilment_code, started_at, stages.position
