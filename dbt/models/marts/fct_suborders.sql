{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
with
    judged as (
        select
            suborders.*,
            promises.promised_at,
            promises.promise_source,
            suborders.replaced_by is null
            and (suborders.cancelled_at is null or suborders.signed_at is not null) as is_live,
            suborders.cancelled_at is not null and suborders.signed_at is null as is_cancelled,
            case
                when
                    suborders.signed_at is null
                    and suborders.replaced_by is null
                    and suborders.cancelled_at is null
                    and suborders.closes_at <= {{ as_of() }}
                then suborders.closes_at
            end as closed_at
        from {{ rows_of(ref("int_suborders"), ref("int_orders__affected"), "order_day") }} as suborders
        left join
            {{ rows_of(ref("int_promises"), ref("int_orders__affected"), "promise_day") }} as promises using (
                fulfilment_code
            )
    )
select
    judged.fulfilment_code::varchar as fulfilment_code,
    judged.order_id::varchar as order_id,
    judged.order_day::date as order_day,
    judged.route::varchar as route,
    judged.origin_place::varchar as origin_place,
    judged.carrier::varchar as carrier,
    judged.destination_city::varchar as destination_city,
    judged.destination_province::varchar as destination_province,
    judged.batch::integer as batch,
    judged.promised_at::timestamptz as promised_at,
    judged.promise_source::varchar as promise_source,
    {{ is_in_time("judged.signed_at", "judged.promised_at") }}::boolean as is_on_time,
    {{ minutes(microseconds_between("judged.promised_at", "judged.signed_at")) }}::double as lateness_minutes,
    judged.sign_source::varchar as sign_source,
    judged.sign_method::varchar as sign_method,
    judged.is_cancelled::boolean as is_cancelled,
    judged.cancelled_at::timestamptz as cancelled_at,
    judged.replaced_by::varchar as replaced_by,
    judged.is_live::boolean as is_live,
    judged.closed_at::timestamptz as closed_at,
    judged.claimed_signed_at::timestamptz as claimed_signed_at,
    stage_now.stage::varchar as stage_now,
    {% for milestone in [
        "placed",
        "paid",
        "finance_approved",
        "transfer_requested",
        "transfer_dispatched",
        "transfer_received",
        "supplier_ordered",
        "supplier_shipped",
        "pick_started",
        "picked",
        "packed",
        "outbound",
        "picked_up",
        "hub_arrived",
        "out_for_delivery",
    ] %}
        judged.{{ milestone }}_at::timestamptz as {{ milestone }}_at,
    {% endfor %}
    judged.signed_at::timestamptz as signed_at
from judged
left join
    (
        select fulfilment_code, any_value(stage) as stage
        from {{ ref("fct_stage_durations") }}
        where
            ended_at is null
            and left_at is null {{ of_orders(ref("int_orders__affected"), keyword="and", day="order_day") }}
        group by fulfilment_code
    ) as stage_now using (fulfilment_code)
