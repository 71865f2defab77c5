{# The value of a column that was recorded first ("min") or last ("max"); where there is but one version, it is that. #}
{% macro version(which, column, is_single, tie=none) -%}
    {% if is_single %} {{ column }}
    {% else %} arg_{{ which }} ({{ column }}, (recorded_at, {{ tie or column }}))
    {% endif %}
{%- endmacro %}

{# When a column was first given. #}
{% macro first_given_at(column, is_single) -%}
    {% if is_single %} case when {{ column }} is not null then recorded_at end
    {% else %} min(recorded_at) filter ({{ column }} is not null)
    {% endif %}
{%- endmacro %}

{# What follows `from`: of `relation` the keys with one version, or those with more and their `group by`. Nearly all have
   one, and need no aggregates. #}
{% macro of_versions(relation, keys, is_single) -%}
    {% set columns = keys | join(", ") %}
    {% set repeated %}
        select {{ columns }} from {{ relation }} group by {{ columns }} having count(*) > 1
    {% endset %}
    {{ relation }} {{ "anti" if is_single else "semi" }}
    join ({{ repeated }}) as repeated using ({{ columns }}) {{ "group by " ~ columns if not is_single }}
{%- endmacro %}
