{{ config(materialized="view") }}
-- A view, so that the largest table is written once: of most events all is said when they arrive. It names no
-- database: the file is published under other names.
select
    events.source::varchar as source,
    events.source_event_id::varchar as source_event_id,
    events.event_type::varchar as event_type,
    events.fulfilment_code::varchar as fulfilment_code,
    events.order_id::varchar as order_id,
    events.carrier::varchar as carrier,
    events.waybill::varchar as waybill,
    events.occurred_at::timestamptz as occurred_at,
    events.recorded_at::timestamptz as recorded_at,
    events.place::varchar as place,
    events.sign_method::varchar as sign_method,
    (invalid.event_key is null)::boolean as is_valid,
    invalid.reason::varchar as invalid_reason,
    events.load_id::varchar as load_id,
    events.file::varchar as file,
    events.record::bigint as record
from {{ ref("int_events").include(database=false) }} as events
left join {{ ref("int_events__invalid").include(database=false) }} as invalid using (event_key)
where events.superseded_at is null
