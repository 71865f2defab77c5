{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_suborders__before") }}
-- depends_on: {{ ref("int_suborders__described") }}
-- depends_on: {{ ref("int_waybills__before") }}
-- depends_on: {{ ref("int_waybills__linked") }}
-- Events this night must write again, as they stand: those that new rows came of, those that waited for their
-- waybill or sub-order to become known, and old ones that belong elsewhere since. Read once from the whole
-- history.
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
    select *
    from {{ events }}
    -- by their place, found by their key alone: no other column of the history is read
    where
        rowid in (
            select rowid
            from {{ events }}
            where
                event_key in (
                    select event_key
                    from {{ ref("int_events__new") }}
                    union all
                    -- linked now; of a waybill whose sub-order is not known, this was written when it was
                    -- linked
                    select event_key
                    from {{ events }}
                    where
                        is_waiting
                        and fulfilment_code is null
                        and (carrier, waybill)
                        in (select (carrier, waybill) from {{ ref("int_waybills__linked") }})
                    union all
                    select event_key
                    from {{ events }}
                    where
                        is_waiting
                        and fulfilment_code in (
                            select fulfilment_code
                            from {{ ref("int_suborders__described") }}
                            where order_id is not null
                        )
                    -- what follows reads the whole history: only where something did move
                    {% if looked_up("select count(*) > 0 from (" ~ moved ~ ")") == "true" %}
                        union all
                        select event_key
                        from {{ events }}
                        where fulfilment_code in ({{ moved }})
                    {% endif %}
                    {% if looked_up("select count(*) > 0 from (" ~ relinked ~ ")") == "true" %}
                        union all
                        select event_key
                        from {{ events }}
                        where (carrier, waybill) in ({{ relinked }})
                    {% endif %}
                )
        )
{% endif %}
