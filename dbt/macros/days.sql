{# The days on which orders, stages and picks count; read before and after a night, so that both sides are counted again. #}
{% macro days_counted(orders, suborders, stages, picks, affected) -%}
    {% set chosen = "order_id in (select order_id from " ~ affected ~ ")" %}
    {% set since = "order_day >= " ~ since_day(affected) %}
    select
        'order' as kind,
        unnest(
            [order_day, promised_day, signed_day, erp_shipped_day, wished_date, {{ local_day("closed_at") }}]
        ) as day
    from {{ orders }}
    where {{ chosen }} and {{ since }}
    union
    select 'order', {{ local_day("signed_at") }}
    from {{ suborders }}
    where {{ chosen }} and {{ since }}
    union
    select 'order', picked_day
    from {{ picks }}
    where {{ chosen }}
    union
    select 'stage', ended_day
    from {{ stages }}
    where {{ chosen }} and {{ since }}
    union
    select 'open', {{ days_overdue() }}
    from {{ stages }}
    where {{ chosen }} and {{ since }} and {{ is_ever_overdue() }}
{%- endmacro %}

{# A stage is overdue once its standard has passed; open until it ends or the sub-order is given up. #}
{% macro overdue_from() -%} (started_at + to_microseconds(standard_microseconds)) {%- endmacro %}

{% macro is_ever_overdue() -%}
    (
        standard_microseconds is not null
        and is_counted
        and {{ overdue_from() }} < least(coalesce(ended_at, left_at, {{ as_of() }}), {{ as_of() }})
    )
{%- endmacro %}

{# The local days at whose end the stage was open and overdue; the day of the run counts as it stands. #}
{% macro days_overdue() -%}
    unnest(
        range(
            {{ local_day_after(overdue_from()) }}::timestamp,
            case
                when coalesce(ended_at, left_at) <= {{ as_of() }}
                then {{ local_day("coalesce(ended_at, left_at)") }}
                else {{ local_day(as_of()) }} + 1
            end::timestamp,
            interval 1 day
        )
    )::date
{%- endmacro %}

{# The instant at which the first day starts that a roll-up of this kind counts again. #}
{% macro since_touched(kind) -%}
    {%- set query = "select min(day) from " ~ ref("int_days__touched") ~ " where kind = '" ~ kind ~ "'" -%}
    {{ end_of_day("date '" ~ (looked_up(query) or "1900-01-02") ~ "' - 1") }}
{%- endmacro %}
