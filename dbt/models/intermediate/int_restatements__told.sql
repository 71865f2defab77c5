{{ config(materialized="ephemeral") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("int_orders__stamps") }}
-- depends_on: {{ ref("int_suborders") }}
-- One row an event: cancellations and tickets that stand, and when each was known of its order.
select event_key, content_key, event_type, order_id, fulfilment_code, occurred_at, recorded_at, known_at
from {{ ref("int_events") }}
where
    event_type in ('cancelled', 'complaint_ticket', 'not_received_ticket')
    and superseded_at is null
    and order_id is not null
    {{ of_affected_events() }}
