{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_suborders__before") }}
-- depends_on: {{ ref("int_suborders__described") }}
-- depends_on: {{ ref("int_waybills__before") }}
-- depends_on: {{ ref("int_waybills__linked") }}
-- Events this night must write again, with the order they stood under: new rows, those that waited for their
-- waybill or sub-order to become known, and old ones that belong elsewhere since.
{% if flags.FULL_REFRESH %}
    select null::ubigint as event_key, null::varchar as order_id, null::timestamptz as recorded_at where false
{% else %}
    {% set events = before("evidence", "int_events") %}
    {% set moved %}
        select stood.fulfilment_code
        from {{ ref("int_suborders__before") }} as stood
        inner join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
        where stood.order_id <> described.order_id
    {% endset %}
    {% set relinked = "select (carrier, waybill) from " ~ ref("int_waybills__before") %}
    select event_key, order_id, recorded_at
    from {{ events }}
    where event_key in (select event_key from {{ ref("int_events__new") }})
    union
    select event_key, order_id, recorded_at
    from {{ events }}
    where
        is_waiting
        and (carrier, waybill) in (select (carrier, waybill) from {{ ref("int_waybills__linked") }})
    union
    select event_key, order_id, recorded_at
    from {{ events }}
    where
        is_waiting and fulfilment_code in (select fulfilment_code from {{ ref("int_suborders__described") }})
    -- what follows reads the whole history: only where something did move
    {% if looked_up("select count(*) > 0 from (" ~ moved ~ ")") == "true" %}
        union
        select event_key, order_id, recorded_at
        from {{ events }}
        where fulfilment_code in ({{ moved }})
    {% endif %}
    {% if looked_up("select count(*) > 0 from (" ~ relinked ~ ")") == "true" %}
        union
        select event_key, order_id, recorded_at
        from {{ events }}
        where (carrier, waybill) in ({{ relinked }})
    {% endif %}
{% endif %}
