{{ config(materialized="ephemeral") }}
-- One row a sub-order of these orders: what it was promised, and when it was known, replaced and cancelled.
{% set affected = ref("int_orders__affected") %}
with
    parts as (
        select
            parts.order_id,
            parts.fulfilment_code,
            parts.promised_at,
            parts.signed_at,
            parts.cancelled_at,
            known.replaced_at,
            known.first_recorded_at,
            promises.wished_date
        from {{ rows_of(ref("fct_suborders"), affected, "order_day") }} as parts
        left join {{ rows_of(ref("int_suborders"), affected, "order_day") }} as known using (fulfilment_code)
        left join
            {{ rows_of(ref("int_promises"), affected, "promise_day") }} as promises using (fulfilment_code)
        where parts.order_id in (select order_id from {{ ref("int_restatements__orders") }})
    ),
    cancellations as (
        select
            parts.fulfilment_code,
            arg_min(told, (told.occurred_at, told.known_at)) as cancellation,
            arg_min(told.known_at, (told.occurred_at, told.known_at)) as cancellation_known_at
        from parts
        inner join
            {{ ref("int_restatements__told") }} as told
            on told.order_id = parts.order_id
            and told.event_type = 'cancelled'
        where told.fulfilment_code is null or told.fulfilment_code = parts.fulfilment_code
        group by parts.fulfilment_code
    )
select parts.*, cancellation, cancellation_known_at
from parts
left join cancellations using (fulfilment_code)
