{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched', day=none) }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- What a sub-order's own events say first, and last, of each kind; one pass over the events.
select
    fulfilment_code,
    any_value(order_id) as order_id,
    {{ first_stamps() }}
    coalesce(
        arg_min(place, (occurred_at, place)) filter (event_type = 'transfer_requested'),
        arg_min(place, (occurred_at, place)) filter (event_type = 'transfer_dispatched')
    ) as sending_place,
    min(occurred_at) filter (event_type = 'cancelled') as cancelled_at,
    min(occurred_at) filter (event_type in ('refused', 'returned_signed', 'lost')) as failed_at,
    max(occurred_at) filter (event_type = 'not_received_ticket') as not_received_at,
    min(recorded_at) as first_event_recorded_at
from ({{ standing_events() }})
where
    fulfilment_code is not null and order_id is not null
    {{ of_orders(ref("int_orders__touched"), keyword="and", recorded_at="recorded_at") }}
group by fulfilment_code
