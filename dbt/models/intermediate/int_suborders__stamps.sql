{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched', day=none) }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- What a sub-order's own events say first, and last, of each kind; one pass over the events, one over places.
{% set chosen %}
    fulfilment_code is not null and order_id is not null
    {{ of_orders(ref("int_orders__touched"), keyword="and", recorded_at="recorded_at") }}
{% endset %}
with
    stamps as (
        select
            fulfilment_code,
            any_value(order_id) as order_id,
            {{ first_stamps() }}
            min(occurred_at) filter (event_type = 'cancelled') as cancelled_at,
            min(occurred_at) filter (event_type in ('refused', 'returned_signed', 'lost')) as failed_at,
            max(occurred_at) filter (event_type = 'not_received_ticket') as not_received_at,
            max(occurred_at) filter (event_type in {{ carrier_tracks() }}) as last_track_at,
            min(recorded_at) as first_event_recorded_at
        from ({{ standing_events() }})
        where {{ chosen }}
        group by fulfilment_code
    ),
    places as (
        {{
            first_places(
                "fulfilment_code",
                office_milestones() + ["transfer_requested", "transfer_dispatched"],
                chosen,
            )
        }}
    )
select
    stamps.*,
    {% for milestone in office_milestones() %} places.{{ milestone }}_place, {% endfor %}
    coalesce(places.transfer_requested_place, places.transfer_dispatched_place) as sending_place
from stamps
left join places using (fulfilment_code)
