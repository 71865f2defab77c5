{# What the night was told (meta.run, one row), as literals: the planner prunes on them, and unit tests can replace them. #}
{% macro run_setting(column) -%}
    {%- if execute -%}
        {#- asked once: the graph is what all models of a call have in common -#}
        {%- if "run_settings" not in graph -%}
            {%- set row = run_query("select columns(*)::varchar from build.meta.run") -%}
            {%- do graph.update({"run_settings": dict(zip(row.column_names, row.rows[0]))}) -%}
        {%- endif -%}
        {{- return(graph["run_settings"][column]) -}}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}

{% macro as_of() -%} timestamptz '{{ run_setting("as_of") or "2000-01-01 00:00:00+00" }}' {%- endmacro %}

{% macro previous_as_of() -%}
    timestamptz '{{ run_setting("previous_as_of") or "1900-01-01 00:00:00+00" }}'
{%- endmacro %}

{% macro company_timezone() -%} {{- return(run_setting("timezone") or "Asia/Shanghai") -}} {%- endmacro %}

{% macro fixed_offset_seconds() -%} {{- return(run_setting("fixed_offset_seconds")) -}} {%- endmacro %}

{% macro promise_limit() -%} {{- return(run_setting("promise_limit") or "end_of_day") -}} {%- endmacro %}

{% macro sign_rule() -%} {{- return(run_setting("sign_rule") or "earliest") -}} {%- endmacro %}

{% macro standards_from() -%} {{- return(run_setting("standards_from") or "reference") -}} {%- endmacro %}

{% macro has(what) -%} {{- return((run_setting("has_" ~ what) or "true") == "true") -}} {%- endmacro %}

{# Rows of a model that the last complete run has not seen: landed since, or recorded since its as_of. Asked apart, so
   that the storage of all other rows is skipped unread. #}
{% macro new_rows(model) -%}
    {%- set last_run = run_setting("previous_run_number") or -1 -%}
    (
        select *
        from {{ model }}
        where load_seq > {{ last_run }}
        union all
        select *
        from {{ model }}
        where load_seq <= {{ last_run }} and recorded_at > {{ previous_as_of() }}
    )
{%- endmacro %}

{# A relation by name, for reading what it held before this run changes it; `ref` would make a circle. #}
{% macro before(schema, name) -%}
    "{{ 'build' if schema == 'intermediate' else target.database }}"."{{ schema }}"."{{ name }}"
{%- endmacro %}
