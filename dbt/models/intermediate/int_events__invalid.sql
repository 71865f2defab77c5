{{
    config(
        database=target.database,
        schema="evidence",
        incremental_strategy="append",
        pre_hook="{{ forget_orders('int_orders__touched') }}",
    )
}}
-- depends_on: {{ ref("int_orders__touched") }}
-- Events that claim a signature and are none, with the reason; a click for the whole order only if it signs
-- none of
-- its sub-orders.
with
    judged as (
        select
            signatures.event_key,
            signatures.order_id,
            signatures.order_day,
            coalesce(
                signatures.invalid_reason,
                case
                    when suborders.replaced_by is not null
                    then 'replaced'
                    when suborders.cancelled_at < signatures.occurred_at
                    then 'after_cancellation'
                end
            ) as reason
        from {{ ref("int_signatures") }} as signatures
        inner join {{ ref("int_suborders") }} as suborders using (fulfilment_code)
        where
            signatures.superseded_at is null
            {{
                of_orders(
                    ref("int_orders__touched"),
                    column="signatures.order_id",
                    keyword="and",
                    day="signatures.order_day",
                )
            }}
    )
select event_key, any_value(order_id) as order_id, max(order_day) as order_day, min(reason) as reason
from judged
group by event_key
having bool_and(reason is not null)
