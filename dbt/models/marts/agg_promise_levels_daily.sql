{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
-- depends_on: {{ ref("promise_levels") }}
-- What other percentiles would have promised: each order by the rule of its real promise, with the buffers
-- known on its own day.
{% set levels = promise_levels() %}
with
    promised as (
        select
            orders.order_id,
            orders.signed_day,
            orders.place,
            orders.carrier,
            coalesce(orders.order_type, 'unknown') as order_type,
            suborders.is_live,
            suborders.signed_at,
            {{ end_of_day("promises.wished_date") }} as wished_until,
            {% for level in levels %}
                promises.batch_level_{{ level }}_buffer_hours{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("fct_orders") }} as orders
        inner join {{ ref("fct_suborders") }} as suborders using (order_id)
        inner join {{ ref("int_promises") }} as promises using (fulfilment_code)
        where
            orders.promise_source = 'computed'
            and orders.is_on_time is not null {{ of_days("orders.signed_day", "order") }}
    ),
    judged as (
        select
            signed_day,
            place,
            carrier,
            order_type,
            {% for level in levels %}
                bool_and(signed_at <= wished_until + to_hours(batch_level_{{ level }}_buffer_hours)) filter (
                    is_live
                ) as is_on_time_{{ level }},
                max(
                    batch_level_{{ level }}_buffer_hours
                ) as buffer_hours_{{ level }}{{ "," if not loop.last }}
            {% endfor %}
        from promised
        group by order_id, signed_day, place, carrier, order_type
    ),
    counted as (
        select
            signed_day,
            place,
            carrier,
            order_type,
            count(*) as orders,
            {% for level in levels %}
                count(*) filter (is_on_time_{{ level }}) as on_time_{{ level }},
                sum(buffer_hours_{{ level }}) as buffer_{{ level }}{{ "," if not loop.last }}
            {% endfor %}
        from judged
        group by all
    )
{% for level in levels %}
    select
        signed_day::date as day,
        place::varchar as place,
        carrier::varchar as carrier,
        order_type::varchar as order_type,
        {{ level }}::integer as level_percent,
        orders::bigint as orders,
        on_time_{{ level }}::bigint as on_time_orders,
        buffer_{{ level }}::bigint as buffer_hours
    from counted {{ "union all" if not loop.last }}
{% endfor %}
