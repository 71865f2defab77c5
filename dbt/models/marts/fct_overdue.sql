{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
select
    orders.order_id::varchar as order_id,
    orders.order_day::date as order_day,
    orders.order_type::varchar as order_type,
    orders.place::varchar as place,
    orders.carrier::varchar as carrier,
    orders.deciding_suborder::varchar as deciding_suborder,
    orders.promised_at::timestamptz as promised_at,
    orders.promised_day::date as promised_day,
    orders.signed_at::timestamptz as signed_at,
    orders.signed_day::date as signed_day,
    orders.closed_at::timestamptz as closed_at,
    greatest(suborders.outbound_at, suborders.supplier_shipped_at)::timestamptz as shipped_at,
    least(suborders.picked_up_at, suborders.hub_arrived_at, suborders.out_for_delivery_at)::timestamptz
    as picked_up_at,
    least(suborders.out_for_delivery_at, suborders.claimed_signed_at)::timestamptz as near_at,
    suborders.claimed_signed_at::timestamptz as claimed_signed_at,
    suborders.not_received_at::timestamptz as not_received_at,
    suborders.failed_at::timestamptz as failed_at,
    suborders.last_track_at::timestamptz as last_track_at,
    inside.now.stage::varchar as stage_now,
    inside.now.place::varchar as stage_place
from {{ rows_of(ref("fct_orders"), ref("int_orders__affected"), "order_day") }} as orders
left join
    {{ rows_of(ref("int_suborders"), ref("int_orders__affected"), "order_day") }} as suborders
    on suborders.fulfilment_code = orders.deciding_suborder
left join
    (
        -- the latest, should it be in several
        select
            fulfilment_code, max(struct_pack(started_at := started_at, stage := stage, place := place)) as now
        from {{ ref("fct_stage_durations") }}
        where
            ended_at is null
            and left_at is null {{ of_orders(ref("int_orders__affected"), keyword="and", day="order_day") }}
        group by fulfilment_code
    ) as inside
    on inside.fulfilment_code = orders.deciding_suborder
where
    orders.is_due
    and (orders.signed_at is null or orders.signed_at > orders.promised_at)
    and (orders.closed_at is null or orders.closed_at > orders.promised_at)
