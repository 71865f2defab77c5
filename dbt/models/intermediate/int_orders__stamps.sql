{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched', day=none) }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- What an order's own events say first, and last, of each kind; one pass over the events. Also of orders not
-- known yet, so that a night that makes one known looks back to the first event recorded of it.
{% set chosen %}
    order_id is not null
    -- of its sub-orders' own events only the complaints are the order's as well
    and (fulfilment_code is null or event_type in ('complaint_ticket', 'not_received_ticket'))
    {{ of_orders(ref("int_orders__touched"), keyword="and", recorded_at="recorded_at") }}
{% endset %}
with
    stamps as (
        select
            order_id,
            {{ first_stamps() }}
            min(occurred_at) filter (event_type = 'cancelled') as cancelled_at,
            min(occurred_at) filter (event_type in ('erp_shipped', 'erp_completed')) as erp_shipped_at,
            max(occurred_at) filter (
                event_type = 'not_received_ticket' and fulfilment_code is null
            ) as not_received_at,
            bool_or(event_type in ('complaint_ticket', 'not_received_ticket')) as has_complaint,
            min(recorded_at) as first_event_recorded_at
        from ({{ standing_events() }})
        where {{ chosen }}
        group by order_id
    ),
    places as ({{ first_places("order_id", office_milestones(), chosen) }})
select
    stamps.*,
    {% for milestone in office_milestones() %}
        places.{{ milestone }}_place{{ "," if not loop.last }}
    {% endfor %}
from stamps
left join places using (order_id)
