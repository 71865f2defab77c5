{# One business question, one macro. #}
{# At or before a limit is in time. #}
{% macro is_in_time(instant, limit) -%} ({{ instant }} <= {{ limit }}) {%- endmacro %}

{# A signature counts only up to a cancellation: cancelled afterwards is a return. #}
{% macro is_signed_before_cancellation(signed_at, cancelled_at) -%}
    ({{ cancelled_at }} is null or {{ signed_at }} <= {{ cancelled_at }})
{%- endmacro %}

{# Compared in integer microseconds, so that exactly 5 % and exactly 10 % fall where the rule puts them. #}
{% macro colour(suborders, actual_us, standard_us) -%}
    case
        when {{ suborders }} < {{ parameter("minimum_sample") }} or {{ standard_us }} <= 0
        then 'grey'
        when
            100 * ({{ actual_us }}::hugeint - {{ standard_us }})
            > {{ parameter("red_above_percent") }}::integer * {{ standard_us }}::hugeint
        then 'red'
        when
            100 * ({{ actual_us }}::hugeint - {{ standard_us }})
            >= {{ parameter("yellow_from_percent") }}::integer * {{ standard_us }}::hugeint
        then 'yellow'
        else 'green'
    end
{%- endmacro %}

{# Wilson's interval of a share, clamped to 0..1; null without a denominator. `side` is -1 or 1. #}
{% macro wilson(numerator, denominator, side) -%}
    case
        when {{ denominator }} > 0
        then
            least(
                1.0,
                greatest(
                    0.0,
                    (
                        {{ numerator }}::double / {{ denominator }}
                        + pow({{ parameter("wilson_z") }}, 2) / (2 * {{ denominator }})
                        + {{ side }}
                        * {{ parameter("wilson_z") }}
                        * sqrt(
                            {{ numerator }}::double
                            / {{ denominator }}
                            * (1 - {{ numerator }}::double / {{ denominator }})
                            / {{ denominator }}
                            + pow({{ parameter("wilson_z") }}, 2) / (4 * pow({{ denominator }}, 2))
                        )
                    )
                    / (1 + pow({{ parameter("wilson_z") }}, 2) / {{ denominator }})
                )
            )
    end
{%- endmacro %}
