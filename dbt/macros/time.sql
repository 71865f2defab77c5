{# Local days of the company. An instant that ends a day belongs to the day it ends. #}
{% macro local_day(instant) -%} {{ calendar_day(instant, 1) }} {%- endmacro %}

{# The day an instant opens: what happens just after it. #}
{% macro local_day_after(instant) -%} {{ calendar_day(instant, 0) }} {%- endmacro %}

{# The local day some microseconds before an instant. Where the clocks of the zone have not been changed since 2000 a
   division says it, at a tenth of the cost. #}
{% macro calendar_day(instant, less) -%}
    {% set by_calendar -%}
        cast(timezone('{{ company_timezone() }}', {{ instant }} - to_microseconds({{ less }})) as date)
    {%- endset %}
    {% if fixed_offset_seconds() is none %} {{ by_calendar }}
    {% else %}
        case
            when {{ instant }} >= timestamptz '2000-01-03 00:00:00+00'
            then
                make_date(
                    divide(
                        epoch_us({{ instant }}) - {{ less }} + {{ fixed_offset_seconds() }}000000, 86400000000
                    )::integer
                )
            else {{ by_calendar }}
        end
    {% endif %}
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

{# When a day's rates are first published; asks for `publication` with its `hour`. #}
{% macro first_published(day) -%}
    (timezone('{{ company_timezone() }}', ({{ day }} + 1)::timestamp) + to_hours(publication.hour))
{%- endmacro %}

{% macro microseconds_between(start, finish) -%}
    (epoch_us({{ finish }}) - epoch_us({{ start }}))
{%- endmacro %}

{% macro minutes(microseconds) -%} cast({{ microseconds }} as double) / 60000000 {%- endmacro %}
