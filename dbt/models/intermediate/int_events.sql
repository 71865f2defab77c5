{{ config(unique_key="event_key") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("stg_events") }}
-- Events, each once; a corrected one keeps its versions (`superseded_at`), so that what was known when can be asked.
with
    arrived as (
        {% if is_incremental() %}
        select
            event_key, content_key, source, source_event_id, event_type, own_order_id as order_id,
            own_fulfilment_code as fulfilment_code, carrier, waybill, occurred_at, place, sign_method, recorded_at,
            load_id, file, record
        from {{ this }}
        where event_key in (select event_key from {{ ref("int_events__rekeyed") }})
        union all
        select
            event_key, content_key, source, source_event_id, event_type, order_id, fulfilment_code, carrier, waybill,
            occurred_at, place, sign_method, recorded_at, load_id, file, record
        from {{ ref("int_events__new") }}
        {% else %}
        select
            {{ event_key() }} as event_key, {{ event_content() }} as content_key, source, source_event_id, event_type,
            order_id, fulfilment_code, carrier, waybill, occurred_at, place, sign_method, recorded_at, load_id, file,
            record
        from {{ ref("stg_events") }}
        {% endif %}
    ),
    repeated as (select event_key from arrived group by event_key having count(*) > 1),
    -- Several rows of one event: without an id the earliest recorded holds; with one, each recorded content is a version.
    distinct_rows as (
        select * exclude (copy), content_key is not distinct from lag(content_key) over versions as is_repeat
        from (
            select
                *,
                row_number() over (
                    partition by event_key, case when source_event_id is not null then (recorded_at, content_key) end
                    order by recorded_at, file, record
                ) as copy
            from arrived
            where event_key in (select event_key from repeated)
        )
        where copy = 1
        window versions as (partition by event_key order by recorded_at, content_key)
    ),
    -- Without an id the earliest recorded row holds. With one, a row that repeats the content before it lives for no time.
    several as (
        select
            * exclude (is_repeat),
            case
                when is_repeat then recorded_at
                else min(case when not is_repeat then recorded_at end) over (
                    partition by event_key
                    order by recorded_at, content_key
                    rows between 1 following and unbounded following
                )
            end as superseded_at
        from distinct_rows
    ),
    versions as (
        select *, null::timestamptz as superseded_at
        from arrived
        where event_key not in (select event_key from repeated)
        union all by name
        select * from several
    )
select
    versions.event_key,
    versions.content_key,
    versions.source,
    versions.source_event_id,
    versions.event_type,
    coalesce(versions.fulfilment_code, linked.fulfilment_code) as fulfilment_code,
    coalesce(versions.order_id, described.order_id) as order_id,
    versions.fulfilment_code as own_fulfilment_code,
    versions.order_id as own_order_id,
    versions.carrier,
    versions.waybill,
    versions.occurred_at,
    versions.place,
    versions.sign_method,
    versions.recorded_at,
    versions.superseded_at,
    versions.load_id,
    versions.file,
    versions.record
from versions
left join {{ ref("int_waybills__linked") }} as linked
    on linked.carrier = versions.carrier
    and linked.waybill = case when versions.fulfilment_code is null then versions.waybill end
left join {{ ref("int_suborders__described") }} as described
    on described.fulfilment_code = coalesce(versions.fulfilment_code, linked.fulfilment_code)
