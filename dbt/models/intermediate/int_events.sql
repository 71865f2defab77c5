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
{% set as_sent = event_columns() | join(", ") %}
with
    versions as (
        select event_key, fulfilment_code, order_id, {{ as_sent }}, null::timestamptz as superseded_at
        from ({{ arrived_events() }})
        where event_key not in (select event_key from {{ ref("int_events__repeated") }})
        union all
        select event_key, fulfilment_code, order_id, {{ as_sent }}, superseded_at
        from {{ ref("int_events__repeated") }}
    ),
    -- where an event belongs, by its fulfilment code or else by its waybill: one join on one number, for a
    -- rebuild runs it over the whole history
    linked as (
        select
            {{ link_key("fulfilment_code") }} as link_key,
            fulfilment_code,
            order_id,
            null::timestamptz as linked_at
        from {{ ref("int_suborders__described") }}
        union all
        select
            {{ link_key("null", "waybills.carrier", "waybill") }},
            fulfilment_code,
            described.order_id,
            waybills.linked_at
        from {{ ref("int_waybills__linked") }} as waybills
        left join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
    )
select
    versions.event_key,
    versions.content_key,
    versions.source,
    versions.source_event_id,
    versions.event_type,
    coalesce(versions.fulfilment_code, linked.fulfilment_code) as fulfilment_code,
    -- the order of its code, where that is known: all of a sub-order's events lie in the order that it is in
    coalesce(linked.order_id, versions.order_id) as order_id,
    versions.fulfilment_code is not null as names_suborder,
    versions.order_id is not null as names_order,
    nullif(versions.order_id, coalesce(linked.order_id, versions.order_id)) as other_order_id,
    -- of a sub-order that nobody knows yet
    linked.order_id is null
    and coalesce(versions.fulfilment_code, versions.waybill) is not null as is_waiting,
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
    {% if flags.FULL_REFRESH %} linked
    {% else %}
        (
            select *
            from linked
            where link_key in (select {{ link_key("fulfilment_code", "carrier", "waybill") }} from versions)
        ) as linked
    {% endif %}
    on linked.link_key = {{ link_key("versions.fulfilment_code", "versions.carrier", "versions.waybill") }}
