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
