{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
with
    signatures as (
        select
            signatures.event_key,
            signatures.content_key,
            coalesce(
                signatures.invalid_reason,
                case
                    when suborders.replaced_by is not null
                    then 'replaced'
                    when suborders.cancelled_at < signatures.occurred_at
                    then 'after_cancellation'
                end
            ) as reason
        from {{ ref("int_signatures") }} as signatures
        inner join {{ ref("int_suborders") }} as suborders using (fulfilment_code)
        where
            signatures.superseded_at
            is null {{ of_orders(ref("int_orders__touched"), column="signatures.order_id", keyword="and") }}
    ),
    judged as (
        -- a click for the whole order is valid if it signs any of its sub-orders
        select event_key, content_key, bool_or(reason is null) as is_valid, min(reason) as reason
        from signatures
        group by event_key, content_key
    )
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
    coalesce(judged.is_valid, true)::boolean as is_valid,
    case when not judged.is_valid then judged.reason end::varchar as invalid_reason,
    events.load_id::varchar as load_id,
    events.file::varchar as file,
    events.record::bigint as record
from {{ ref("int_events") }} as events
left join judged using (event_key, content_key)
where
    events.superseded_at is null
    {% if is_incremental() %}
        and coalesce(events.order_id, '') in (select order_id from {{ ref("int_orders__touched") }})
    {% endif %}
