{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected', day=none) }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
with
    late as (
        select
            order_id, deciding_suborder, signed_day, round(lateness_minutes * 60000000)::bigint as lateness_us
        from {{ ref("fct_orders") }}
        where
            lateness_minutes > 0 {{ of_orders(ref("int_orders__affected"), keyword="and", day="order_day") }}
    ),
    -- who had the parcel that the deciding one took the place of
    replaced as (
        select parts.fulfilment_code, coalesce(original.carrier, 'unknown') as carrier
        from {{ rows_of(ref("int_suborders"), ref("int_orders__affected"), "order_day") }} as parts
        inner join late on late.deciding_suborder = parts.fulfilment_code
        -- it may be another order's
        left join
            {{ ref("int_suborders__described") }} as original on original.fulfilment_code = parts.replaces
        where parts.replaces is not null
    ),
    overruns as (
        select
            late.order_id,
            late.signed_day,
            late.lateness_us,
            stages.stage,
            stages.place,
            case
                when {{ is_before_own_milestone("stages.stage") }} then replaced.carrier
            end as replaced_carrier,
            greatest(0, stages.actual_microseconds - stages.standard_microseconds) as overrun_us
        from late
        inner join
            {{ ref("fct_stage_durations") }} as stages on stages.fulfilment_code = late.deciding_suborder
        left join replaced on replaced.fulfilment_code = late.deciding_suborder
        where
            stages.actual_microseconds >= 0 and stages.standard_microseconds is not null
            {{
                of_orders(
                    ref("int_orders__affected"),
                    column="stages.order_id",
                    keyword="and",
                    day="stages.order_day",
                )
            }}
    ),
    totals as (select order_id, sum(overrun_us)::bigint as total_us from overruns group by order_id),
    shares as (
        select
            order_id,
            signed_day,
            stage,
            place,
            replaced_carrier,
            overrun_us * least(1.0::double, lateness_us::double / total_us) as late_us
        from overruns
        inner join totals using (order_id)
        where overrun_us > 0
        union all
        -- what no stage overran was promised too tightly
        select order_id, signed_day, 'promise_too_tight', null, null, lateness_us - coalesce(total_us, 0)
        from late
        left join totals using (order_id)
        where lateness_us > coalesce(total_us, 0)
    )
select
    order_id::varchar as order_id,
    signed_day::date as signed_day,
    stage::varchar as stage,
    place::varchar as place,
    (late_us / 60000000)::double as late_minutes,
    replaced_carrier::varchar as replaced_carrier
from shares
