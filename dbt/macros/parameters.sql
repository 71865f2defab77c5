{# A parameter as it stood on a local day; without a day, on the run's. Both read the seed, never a literal. #}
{% macro parameter(name, day=none) -%}
    (
        select arg_max(parameters.value, parameters.valid_from)
        from {{ ref("parameters") }} as parameters
        where parameters.name = '{{ name }}' and parameters.valid_from <= {{ day or local_day(as_of()) }}
    )
{%- endmacro %}

{# The same for a model of many rows, to be joined: each value with the days on which it holds. #}
{% macro parameter_spans(name) -%}
    (
        select
            value,
            valid_from,
            coalesce(lead(valid_from) over (order by valid_from), date 'infinity') as valid_before
        from {{ ref("parameters") }}
        where name = '{{ name }}'
    )
{%- endmacro %}

{# The percentiles that lane buffers ever need, as whole numbers; a quantile over a window takes literals only. #}
{% macro transit_percents() -%}
    {%- if execute -%}
        {{-
            return(
                run_query(
                    "select value::integer from "
                    ~ ref("parameters")
                    ~ " where name like 'transit_%_percent' union select percent::integer from "
                    ~ ref("promise_levels")
                    ~ " order by 1"
                )
                .columns[0]
                .values()
            )
        -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro %}

{# The percentiles that promises are tried at beside the one in force, as whole numbers. #}
{% macro promise_levels() -%}
    {%- if execute -%}
        {{-
            return(
                run_query("select percent::integer from " ~ ref("promise_levels") ~ " order by 1")
                .columns[0]
                .values()
            )
        -}}
    {%- endif -%}
    {{- return([]) -}}
{%- endmacro %}
