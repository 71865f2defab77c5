{# A night, not a rebuild. An ephemeral model has no table of its own to ask: it is part of the one that reads it. #}
{% macro is_incremental() -%}
    {{-
        return(
            dbt.is_incremental()
            or (execute and model.config.materialized == "ephemeral" and not flags.FULL_REFRESH)
        )
    -}}
{%- endmacro %}

{# In a night, only these orders; in a rebuild, all. `day`, `recorded_at`: columns by which the storage of older orders
   is skipped unread. #}
{% macro of_orders(model, column="order_id", keyword="where", day=none, recorded_at=none) -%}
    {% if is_incremental() %}
        {{ keyword }} {{ column }} in (select order_id from {{ model }})
        {% if day %} and {{ day }} >= {{ since_day(model) }} {% endif %}
        {% if recorded_at %} and {{ recorded_at }} >= {{ events_since() }} {% endif %}
    {% endif %}
{%- endmacro %}

{# A model to join to: in a night only the rows of these orders, so that no table is made of all others'. #}
{% macro rows_of(model, orders, day=none) -%}
    {% if is_incremental() %} (select * from {{ model }} {{ of_orders(orders, day=day) }})
    {% else %} {{ model }}
    {% endif %}
{%- endmacro %}

{# In a night, the events of the orders judged again. Nothing was recorded of them before this: the storage of older
   events is skipped unread. #}
{% macro of_affected_events() -%}
    {% if is_incremental() %}
        {% set affected = ref("int_orders__affected") %}
        and order_id in (select order_id from {{ affected }})
        and recorded_at >= timestamptz '{{
            looked_up(
                "select min(first_event_recorded_at) from (select order_id, first_event_recorded_at from "
                ~ ref("int_orders__stamps")
                ~ " union all select order_id, first_event_recorded_at from "
                ~ ref("int_suborders")
                ~ ") where order_id in (select order_id from "
                ~ affected
                ~ ")"
            )
            or "9999-12-31 00:00:00+00"
        }}'
    {% endif %}
{%- endmacro %}

{# What the ERP said of those orders, not of their parts; read where it is asked for, not kept in memory. #}
{% macro erp_statuses() -%}
    select *
    from {{ ref("int_events") }}
    where
        event_type in ('erp_shipped', 'erp_completed')
        and fulfilment_code is null
        and order_id is not null {{ of_affected_events() }}
{%- endmacro %}

{# Pre-hook: forget what these orders had, also where nothing comes back for them; dbt's own delete+insert would keep it. #}
{% macro forget_orders(name, day="order_day") -%}
    {% if is_incremental() %}
        delete from {{ this }}
        where
            order_id in (select order_id from {{ ref(name) }})
            {% if day %} and {{ day }} >= {{ since_day(ref(name)) }} {% endif %}
    {% endif %}
{%- endmacro %}

{# Pre-hook: the same for the days that a roll-up counts again. #}
{% macro forget_days(name, kind) -%}
    {% if is_incremental() %}
        delete from {{ this }} where day in (select day from {{ ref(name) }} where kind = '{{ kind }}')
    {% endif %}
{%- endmacro %}

{# In a night, only these days: asked where rows are read, so that no other day's are counted first. #}
{% macro of_days(column, kind, keyword="and") -%}
    {% if is_incremental() %}
        {{ keyword }} {{ column }}
        in (select day from {{ ref("int_days__touched") }} where kind = '{{ kind }}')
    {% endif %}
{%- endmacro %}

{# Until its order is known, a sub-order has a day that no night leaves out. #}
{% macro order_day_or_unknown(day) -%} coalesce({{ day }}, date '9999-12-31') {%- endmacro %}

{# The earliest local day on which one of these orders was placed, as a literal. #}
{% macro since_day(model) -%}
    date '{{ looked_up("select min(order_day) from " ~ model) or "9999-12-31" }}'
{%- endmacro %}

{# Before this, nothing was recorded of any order about which the night brought news. #}
{% macro events_since() -%}
    timestamptz '{{ looked_up("select min(events_since) from " ~ ref("int_orders__touched")) or "9999-12-31 00:00:00+00" }}'
{%- endmacro %}

{% macro looked_up(query) -%}
    {%- if execute -%}
        {{- return(run_query("select (" ~ query ~ ")::varchar").columns[0].values()[0]) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}
