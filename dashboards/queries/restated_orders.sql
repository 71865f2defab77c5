-- The orders that moved a day's rate after it was first published, and the event that moved each: what was known before it,
-- and what it says.
select
    order_id, case when not was_counted then 'joined' when not is_counted then 'gone' when is_met then 'now_met' else 'now_missed' end as move,
    cause, coalesce(if($lang = 'zh', befores.name_zh, befores.name_en), restated.event_type_before) as before_name,
    timezone($timezone, occurred_at_before) as before_at,
    coalesce(if($lang = 'zh', types.name_zh, types.name_en), restated.event_type) as event_name,
    timezone($timezone, occurred_at) as occurred_at, timezone($timezone, recorded_at) as recorded_at, timezone($timezone, signed_at_then) as signed_at_then, timezone($timezone, signed_at) as signed_at,
    is_met, was_met, coalesce(restated.source, split_part(file, '/', 1)) as source, file, record
from published.marts.fct_restatements as restated
left join published.marts.dim_event_types as befores on befores.event_type = restated.event_type_before
left join published.marts.dim_event_types as types on types.event_type = restated.event_type
where metric = $metric and day = $day::date
order by recorded_at desc nulls last, order_id
limit $most
