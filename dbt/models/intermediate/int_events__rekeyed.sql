{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_suborders__described") }}
-- depends_on: {{ ref("stg_suborders") }}
-- depends_on: {{ ref("stg_waybills") }}
-- Events this night must write again, with the order they stood under: new rows, and old ones linked
-- otherwise since.
{% if flags.FULL_REFRESH %} select null::ubigint as event_key, null::varchar as order_id where false
{% else %}
    {% set events = before("intermediate", "int_events") %}
    select event_key, order_id
    from {{ events }}
    where
        event_key in (select event_key from {{ ref("int_events__new") }})
        or (carrier, waybill)
        in (select (carrier, waybill) from {{ ref("stg_waybills") }} where {{ is_new() }})
    union
    select events.event_key, events.order_id
    from {{ events }} as events
    inner join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
    where
        fulfilment_code in (select fulfilment_code from {{ ref("stg_suborders") }} where {{ is_new() }})
        and events.order_id is distinct from described.order_id
{% endif %}
