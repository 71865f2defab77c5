{{
    config(
        incremental_strategy="append",
        pre_hook="{{ forget_orders('int_orders__affected', day='promise_day') }}",
    )
}}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("promise_levels") }}
{% set levels = promise_levels() %}
-- The promise of each sub-order: that of its batch (an order without batches is one). Made from what was
-- known when the
-- order was placed: its own day's lane buffers, and the sub-orders recorded soon after the first.
with
    suborders as (
        select
            suborders.fulfilment_code,
            suborders.order_id,
            suborders.batch,
            suborders.first_recorded_at <= suborders.plan_complete_at as is_planned,
            suborders.plan_complete_at <= {{ as_of() }} as is_plan_complete,
            orders.order_day,
            orders.given_promise_at,
            suborders.wished_date,
            suborders.wish_recorded_at,
            orders.wished_date as order_wished_date,
            -- || gives null where a part is unknown: no such lane
            planned_place || '|' || planned_carrier || '|' || planned_city as lane_of_city,
            planned_carrier || '|' || planned_province as lane_of_province,
            planned_carrier as lane_of_carrier
        from {{ rows_of(ref("int_suborders"), ref("int_orders__affected"), "order_day") }} as suborders
        inner join
            {{ rows_of(ref("int_orders"), ref("int_orders__affected"), "order_day") }} as orders using (
                order_id
            )
    ),
    with_lane as (
        select
            suborders.*,
            coalesce(
                city.lane_level, province.lane_level, carrier.lane_level, everything.lane_level, 'none'
            ) as lane_level,
            {% for measure in ["sample", "p50_hours", "p80_hours"] %}
                coalesce(
                    city.{{ measure }},
                    province.{{ measure }},
                    carrier.{{ measure }},
                    everything.{{ measure }}
                ) as {{ measure }},
            {% endfor %}
            {% for level in levels %}
                coalesce(
                    city.level_{{ level }}_buffer_hours,
                    province.level_{{ level }}_buffer_hours,
                    carrier.level_{{ level }}_buffer_hours,
                    everything.level_{{ level }}_buffer_hours,
                    0
                ) as level_{{ level }}_buffer_hours,
            {% endfor %}
            coalesce(
                city.buffer_hours, province.buffer_hours, carrier.buffer_hours, everything.buffer_hours, 0
            ) as buffer_hours
        from suborders
        left join
            {{ ref("int_lane_buffers") }} as city
            on city.day = order_day
            and city.lane_level = 'place_carrier_city'
            and city.lane = lane_of_city
        left join
            {{ ref("int_lane_buffers") }} as province
            on province.day = order_day
            and province.lane_level = 'carrier_province'
            and province.lane = lane_of_province
        left join
            {{ ref("int_lane_buffers") }} as carrier
            on carrier.day = order_day
            and carrier.lane_level = 'carrier'
            and carrier.lane = lane_of_carrier
        left join
            {{ ref("int_lane_buffers") }} as everything
            on everything.day = order_day
            and everything.lane_level = 'all'
    ),
    batched as (
        select
            *,
            max(case when is_planned then buffer_hours end) over of_batch as batch_buffer_hours,
            {% for level in levels %}
                max(case when is_planned then level_{{ level }}_buffer_hours end) over of_batch
                as batch_level_{{ level }}_buffer_hours,
            {% endfor %}
            -- the batch's own first recorded wish, unless it lies before the order's day; else the order's
            arg_min(wished_date, (wish_recorded_at, fulfilment_code)) over of_batch as first_wished_date,
            case
                when first_wished_date >= order_day then first_wished_date else order_wished_date
            end as batch_wished_date
        from with_lane
        window of_batch as (partition by order_id, batch)
    )
select
    fulfilment_code,
    order_id,
    batch,
    order_day as promise_day,
    is_planned,
    lane_level,
    sample,
    p50_hours,
    p80_hours,
    buffer_hours,
    batch_buffer_hours,
    {% for level in levels %} batch_level_{{ level }}_buffer_hours, {% endfor %}
    batch_wished_date as wished_date,
    given_promise_at is null and batch_wished_date is not null and not is_plan_complete as is_pending,
    case
        when given_promise_at is not null
        then 'given'
        when batch_wished_date is null
        then 'none'
        when is_plan_complete
        then 'computed'
        else 'pending'
    end as promise_source,
    case
        when given_promise_at is not null
        then given_promise_at
        when is_plan_complete
        then {{ end_of_day("batch_wished_date") }} + to_hours(batch_buffer_hours)
    end as promised_at
from batched
