-- Everything that was recorded of an order, each with the line of the file it came from.
select
    timezone($timezone, occurred_at) as occurred_at, timezone($timezone, recorded_at) as recorded_at, events.event_type,
    coalesce(if($lang = 'zh', types.name_zh, types.name_en), events.event_type) as event_name, fulfilment_code, place, carrier,
    waybill, sign_method, is_valid, invalid_reason, role, source, file, record
from published.marts.fct_events as events
left join published.marts.dim_event_types as types using (event_type)
where order_id = $order_id
order by events.occurred_at, events.recorded_at, source, file, record
