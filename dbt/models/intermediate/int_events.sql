{{ config(unique_key="event_key") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("stg_events") }}
-- Events, each once; a corrected one keeps its versions (`superseded_at`), so that what was known when can
-- be asked.
with
    arrived as (
        {% if is_incremental() %}
            select
                event_key,
                content_key,
                source,
                source_event_id,
                event_type,
                own_order_id as order_id,
                own_fulfilment_code as fulfilment_code,
                carrier,
                waybill,
                occurred_at,
                place,
                sign_method,
                recorded_at,
                load_id,
                file,
                record
            from {{ this }}
            where event_key in (select event_key from {{ ref("int_events__rekeyed") }})
            union all
            select
                event_key,
                content_key,
                source,
                source_event_id,
                event_type,
                order_id,
                fulfilment_code,
                carrier,
                waybill,
                occurred_at,
                place,
                sign_method,
                recorded_at,
                load_id,
                file,
                record
            from {{ ref("int_events__new") }}
        {% else %}
            select
                {{ event_key() }} as event_key,
                {{ event_content() }} as content_key,
                source,
                source_event_id,
                event_type,
                order_id,
                fulfilment_code,
                carrier,
                waybill,
                occurred_at,
                place,
                sign_method,
                recorded_at,
                load_id,
                file,
                record
            from {{ ref("stg_events") }}
        {% endif %}
    ),
    repeated as (select event_key from arrived group by event_key having count(*) > 1),
    -- Several rows of one event: each content from when it was first recorded (without an id there is but
    -- one content),
    -- until another content of the same id was recorded.
    contents as (
        select *
        from arrived
        where event_key in (select event_key from repeated)
        qualify row_number() over (partition by event_key, content_key order by recorded_at, file, record) = 1
    ),
    several as (
        select
            *,
            lead(recorded_at) over (partition by event_key order by recorded_at, content_key) as superseded_at
        from contents
    ),
    versions as (
        select *, null::timestamptz as superseded_at
        from arrived
        where event_key not in (select event_key from repeated)
        union all by name
        select *
        from several
    )
select
    versions.event_key,
    versions.content_key,
    versions.source,
    versions.source_event_id,
    versions.event_type,
    coalesce(versions.fulfilment_code, linked.fulfilment_code) as fulfilment_code,
    -- the order of its code, where that is known: all of a sub-order's events lie in the order that it is in
    coalesce(described.order_id, versions.order_id) as order_id,
    versions.fulfilment_code as own_fulfilment_code,
    versions.order_id as own_order_id,
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
