{# A parameter as it stood on a local day; without a day, as it stands now. Both read the seed, never a literal. #}
{% macro parameter(name, day=none) -%}
    (
        select arg_max(parameters.value, parameters.valid_from)
        from {{ ref("parameters") }} as parameters
        where parameters.name = '{{ name }}' {% if day %} and parameters.valid_from <= {{ day }} {% endif %}
    )
{%- endmacro %}
