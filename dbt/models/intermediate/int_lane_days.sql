{{ config(materialized="table") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Local days whose lane buffers are made this night: the new ones, and those that saw a transit now known
-- otherwise.
{% set as_of_day = local_day(as_of()) %}
with
    transits as (
        select known_day, hours, origin_place, carrier, destination_city, destination_province
        from {{ ref("int_transits") }}
        {% if not flags.FULL_REFRESH %}
            where order_id in (select order_id from {{ ref("int_orders__touched") }})
        {% endif %}
    ),
    changed as (
        (
            select *
            from transits
            except all
            select *
            from {{ ref("int_transits__before") }}
        )
        union all
        (
            select *
            from {{ ref("int_transits__before") }}
            except all
            select *
            from transits
        )
    ),
    start as (
        select
            {% if flags.FULL_REFRESH %} min(known_day) + 1
            {% else %} least(min(known_day) + 1, {{ local_day(previous_as_of()) }} + 1)
            {% endif %} as day
        from changed
    )
select
    cast(
        unnest(range(day::timestamp, {{ as_of_day }}::timestamp + interval 1 day, interval 1 day)) as date
    ) as day
from start
