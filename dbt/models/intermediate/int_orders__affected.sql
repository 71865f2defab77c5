{{ config(materialized="table") }}
-- depends_on: {{ ref("int_lane_buffers") }}
-- depends_on: {{ ref("int_lane_buffers__before") }}
-- depends_on: {{ ref("int_lane_days") }}
-- depends_on: {{ ref("int_orders") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Orders to judge again: the touched ones, and those of days whose lane buffers came out otherwise.
{% if flags.FULL_REFRESH %} select null::varchar as order_id, null::date as order_day where false
{% else %}
    with
        remade as (
            select buffers.*
            from {{ ref("int_lane_buffers") }} as buffers
            where
                day in (select day from {{ ref("int_lane_days") }})
                and day <= {{ local_day(previous_as_of()) }}
        ),
        stood as (
            select * from {{ ref("int_lane_buffers__before") }} where day <= {{ local_day(previous_as_of()) }}
        ),
        changed as (
            select day
            from
                (
                    from remade
                    except
                    from stood
                )
            union
            select day
            from
                (
                    from stood
                    except
                    from remade
                )
        ),
        affected as (
            select order_id
            from {{ ref("int_orders__touched") }}
            union
            select order_id
            from {{ ref("int_orders") }}
            where order_day in (select day from changed)
            union
            -- known before its day: the day's buffers are there now
            select order_id
            from {{ ref("int_orders") }}
            where order_day > {{ local_day(previous_as_of()) }} and order_day <= {{ local_day(as_of()) }}
            union
            -- no news but time passed: the promise has fallen due, or the wished day has ended
            select order_id
            from {{ before("marts", "fct_orders") }}
            where
                (promised_at > {{ previous_as_of() }} and promised_at <= {{ as_of() }})
                or (
                    {{ end_of_day("wished_date") }} > {{ previous_as_of() }}
                    and {{ end_of_day("wished_date") }} <= {{ as_of() }}
                )
        )
    select order_id, min(order_day) as order_day
    from
        (
            select order_id, order_day
            from affected
            left join {{ ref("int_orders") }} using (order_id)
            union all
            select order_id, order_day
            from {{ before("marts", "fct_orders") }}
            where order_id in (select order_id from affected)
        )
    group by order_id
{% endif %}
