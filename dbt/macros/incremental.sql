{# In a night, only these orders; in a rebuild, all. #}
{% macro of_orders(model, column="order_id", keyword="where") -%}
    {% if is_incremental() %} {{ keyword }} {{ column }} in (select order_id from {{ model }}) {% endif %}
{%- endmacro %}

{# Pre-hook: forget what these orders had, also where nothing comes back for them; dbt's own delete+insert would keep it. #}
{% macro forget_orders(name) -%}
    {% if is_incremental() %}
        delete from {{ this }} where coalesce(order_id, '') in (select order_id from {{ ref(name) }})
    {% endif %}
{%- endmacro %}

{# Pre-hook: the same for the days that a roll-up counts again. #}
{% macro forget_days(name, kind) -%}
    {% if is_incremental() %}
        delete from {{ this }} where day in (select day from {{ ref(name) }} where kind = '{{ kind }}')
    {% endif %}
{%- endmacro %}
