-- The sub-orders of an order: where each goes, how its promise was made, how it ended.
select
    parts.fulfilment_code, parts.route, parts.batch, if($lang = 'zh', places.name_zh, places.name_en) as place_name, parts.origin_place,
    if($lang = 'zh', carriers.name_zh, carriers.name_en) as carrier_name, parts.carrier, parts.destination_city,
    promises.lane_level, promises.sample, promises.p50_hours, promises.p80_hours, promises.buffer_hours, promises.wished_date,
    parts.promise_source, timezone($timezone, parts.promised_at) as promised_at, timezone($timezone, parts.signed_at) as signed_at, parts.sign_source,
    parts.sign_method, parts.is_live, parts.is_cancelled, parts.replaced_by, timezone($timezone, parts.cancelled_at) as cancelled_at,
    timezone($timezone, parts.closed_at) as closed_at, parts.lateness_minutes, parts.stage_now
from published.marts.fct_suborders as parts
left join published.marts.fct_promises as promises using (fulfilment_code)
left join published.marts.dim_places as places on places.place = parts.origin_place
left join published.marts.dim_carriers as carriers on carriers.carrier = parts.carrier
where parts.order_id = $order_id and parts.order_day = $order_day
order by parts.fulfilment_code
