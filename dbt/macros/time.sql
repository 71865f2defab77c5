{# Local days of the company. An instant that ends a day belongs to the day it ends. #}
{% macro local_day(instant) -%}
    cast(timezone('{{ company_timezone() }}', {{ instant }} - interval 1 microsecond) as date)
{%- endmacro %}

{# The day an instant opens: what happens just after it. #}
{% macro local_day_after(instant) -%}
    cast(timezone('{{ company_timezone() }}', {{ instant }}) as date)
{%- endmacro %}

{# A local day ends when the next one starts. #}
{% macro end_of_day(day) -%}
    timezone('{{ company_timezone() }}', cast({{ day }} + 1 as timestamp))
{%- endmacro %}

{# A limit given as a date: the end of that day, unless the profile says it is an instant (its first moment). #}
{% macro given_limit(day) -%}
    {%- if promise_limit() == "instant" -%} timezone('{{ company_timezone() }}', cast({{ day }} as timestamp))
    {%- else -%} {{ end_of_day(day) }}
    {%- endif -%}
{%- endmacro %}

{% macro microseconds_between(start, finish) -%}
    (epoch_us({{ finish }}) - epoch_us({{ start }}))
{%- endmacro %}

{% macro minutes(microseconds) -%} cast({{ microseconds }} as double) / 60000000 {%- endmacro %}
