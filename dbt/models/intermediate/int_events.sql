{{
    config(
        database=target.database,
        schema="evidence",
        unique_key="event_key",
        pre_hook="{{ joins_as_written() }}",
        post_hook="{{ joins_as_chosen() }}",
    )
}}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("stg_events") }}
-- Events, each once; a corrected one keeps its versions (`superseded_at`), so that what was known when can
-- be asked.
{% set as_sent = [
    "content_key",
    "source",
    "source_event_id",
    "event_type",
    "carrier",
    "waybill",
    "occurred_at",
    "place",
    "sign_method",
    "recorded_at",
    "load_id",
    "file",
    "record",
] %}
{% set arrived %}
    {% if is_incremental() %}
        select
            event_key,
            case when names_suborder then fulfilment_code end as fulfilment_code,
            case when names_order then order_id end as order_id,
            {{ as_sent | join(", ") }}
        from {{ this }}
        where event_key in (select event_key from {{ ref("int_events__rekeyed") }})
        union all
        select event_key, fulfilment_code, order_id, {{ as_sent | join(", ") }}
        from {{ ref("int_events__new") }}
    {% else %}
        select {{ event_key() }} as event_key, {{ event_content() }} as content_key, *
        from {{ ref("stg_events") }}
    {% endif %}
{% endset %}
{% set repeated = "select event_key from " ~ ref("int_events__repeated") %}
with
    versions as (
        select event_key, fulfilment_code, order_id, {{ as_sent | join(", ") }}, null::timestamptz as superseded_at
        from ({{ arrived }})
        where event_key not in ({{ repeated }})
        union all
        -- Several rows of one event: each content from when it was first recorded (without an id there is but
        -- one content), until another content of the same id was recorded.
        select
            event_key,
            fulfilment_code,
            order_id,
            {{ as_sent | join(", ") }},
            lead(recorded_at) over (partition by event_key order by recorded_at, content_key) as superseded_at
        from
            (
                select *
                from ({{ arrived }})
                where event_key in ({{ repeated }})
                qualify
                    row_number() over (partition by event_key, content_key order by recorded_at, file, record)
                    = 1
            )
    )
select
    versions.event_key,
    versions.content_key,
    versions.source,
    versions.source_event_id,
    versions.event_type,
    coalesce(versions.fulfilment_code, linked.fulfilment_code) as fulfilment_code,
    coalesce(versions.order_id, described.order_id) as order_id,
    versions.fulfilment_code is not null as names_suborder,
    versions.order_id is not null as names_order,
    -- a track whose waybill nobody knows yet waits for the link
    versions.waybill is not null
    and versions.fulfilment_code is null
    and linked.fulfilment_code is null as is_unlinked,
    versions.carrier,
    versions.waybill,
    versions.occurred_at,
    versions.place,
    versions.sign_method,
    versions.recorded_at,
    -- of a track that names a waybill only, nothing is known before the waybill is
    greatest(versions.recorded_at, linked.linked_at) as known_at,
    versions.superseded_at,
    versions.load_id,
    versions.file,
    versions.record
from versions
left join
    {{ ref("int_waybills__linked") }} as linked
    on linked.carrier = versions.carrier
    and linked.waybill = case when versions.fulfilment_code is null then versions.waybill end
left join
    {{ ref("int_suborders__described") }} as described
    on described.fulfilment_code = coalesce(versions.fulfilment_code, linked.fulfilment_code)
