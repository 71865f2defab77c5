{# What makes two event rows one event: the source's own id, else source, code, type, time and place. #}
{% macro event_key() -%}
    case
        when source_event_id is not null
        then hash(source, source_event_id)
        else
            hash(
                source,
                coalesce(fulfilment_code, carrier || '|' || waybill),
                order_id,
                event_type,
                occurred_at,
                place
            )
    end
{%- endmacro %}

{# Same id, other content: a correction. Events without an id have no other content to differ by. #}
{% macro event_content() -%}
    case
        when source_event_id is not null
        then hash(event_type, fulfilment_code, carrier, waybill, order_id, occurred_at, place, sign_method)
        else 0::ubigint
    end
{%- endmacro %}

{# By what an event is linked to its sub-order: its fulfilment code, without one its carrier's waybill. #}
{% macro link_key(fulfilment_code, carrier="null", waybill="null") -%}
    case
        when {{ fulfilment_code }} is not null
        then hash('code', {{ fulfilment_code }})
        when {{ waybill }} is not null and {{ carrier }} is not null
        then hash('waybill', {{ carrier }}, {{ waybill }})
    end
{%- endmacro %}

{% macro event_columns() -%}
    {{-
        return(
            [
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
            ]
        )
    -}}
{%- endmacro %}

{# The rows that int_events is made of: all of a rebuild; in a night the new ones, and what stands of the same events. #}
{% macro arrived_events() -%}
    {% if flags.FULL_REFRESH %}
        select {{ event_key() }} as event_key, {{ event_content() }} as content_key, *
        from {{ ref("stg_events") }}
    {% else %}
        select
            event_key,
            case when names_suborder then fulfilment_code end as fulfilment_code,
            coalesce(other_order_id, case when names_order then order_id end) as order_id,
            {{ event_columns() | join(", ") }}
        from {{ ref("int_events__rekeyed") }}
        union all
        select event_key, fulfilment_code, order_id, {{ event_columns() | join(", ") }}
        from {{ ref("int_events__new") }}
    {% endif %}
{%- endmacro %}
