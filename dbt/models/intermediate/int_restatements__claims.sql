{{ config(materialized="ephemeral") }}
-- One row a claim: what signs, signed until the customer said otherwise, or signed until it was corrected.
{% set affected = ref("int_orders__affected") %}
with
    signatures as not materialized(
        select *
        from {{ ref("int_signatures") }}
        where
            (invalid_reason is null or invalid_reason = 'disputed')
            {{ of_orders(affected, keyword="and", day="order_day") }}
    ),
    -- the first word of the customer that made a signature none
    disputes as (
        select
            signatures.event_key,
            signatures.content_key,
            signatures.fulfilment_code,
            unnest(
                arg_min(
                    {
                        'disputed_at':told.known_at,
                        'ticket_key':told.event_key,
                        'ticket_content':told.content_key,
                        'ticket_type':told.event_type,
                        'ticket_occurred_at':told.occurred_at,
                        'ticket_recorded_at':told.recorded_at
                    },
                    (told.known_at, told.event_key)
                )
            )
        from signatures
        inner join
            {{ ref("int_restatements__told") }} as told
            on told.order_id = signatures.order_id
            and told.event_type = 'not_received_ticket'
            and coalesce(told.fulfilment_code = signatures.fulfilment_code, true)
            and told.occurred_at > signatures.occurred_at
        where signatures.invalid_reason = 'disputed'
        group by 1, 2, 3
    )
select
    signatures.* exclude (order_day),
    {{ local_day("signatures.occurred_at") }} as day,
    disputes.* exclude (event_key, content_key, fulfilment_code)
from signatures
left join disputes using (event_key, content_key, fulfilment_code)
