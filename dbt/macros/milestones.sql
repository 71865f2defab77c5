{# The milestones in their order, as the seed has them; the first is the order's own, the last is judged from signatures. #}
{% macro milestones() -%}
    {{-
        return(
            [
                "placed",
                "paid",
                "finance_approved",
                "transfer_requested",
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
                "signed",
            ]
        )
    -}}
{%- endmacro %}

{# What is read off events alone: the milestones between, and a detail of the transfer. #}
{% macro stamped() -%} {{- return(milestones()[1:-1] + ["transfer_dispatched"]) -}} {%- endmacro %}

{# The first of each, in one pass over events. #}
{% macro first_stamps() -%}
    {% for milestone in stamped() %}
        min(occurred_at) filter (event_type = '{{ milestone }}') as {{ milestone }}_at,
    {% endfor %}
{%- endmacro %}

{# Where these came first. Apart from the stamps, for few events say it and its states are large. #}
{% macro first_places(key, types, chosen) -%}
    select
        {{ key }},
        {% for type in types %}
            arg_min(place, (occurred_at, place)) filter (
                event_type = '{{ type }}'
            ) as {{ type }}_place{{ "," if not loop.last }}
        {% endfor %}
    from ({{ standing_events() }})
    where
        {{ chosen }}
        and place is not null
        and event_type in ({% for type in types %}'{{ type }}'{{ ", " if not loop.last }}{% endfor %})
    group by {{ key }}
{%- endmacro %}

{# The milestones at which the order lies in an office. #}
{% macro office_milestones() -%} {{- return(["placed", "paid", "finance_approved"]) -}} {%- endmacro %}

{# The stage in which a sub-order of its own begins: before it the order went through its own milestones. #}
{% macro is_before_own_milestone(stage) -%}
    split_part({{ stage }}, '_to_', 1) in ('{{ office_milestones() | join("', '") }}')
    and split_part({{ stage }}, '_to_', 2) not in ('{{ office_milestones() | join("', '") }}')
{%- endmacro %}

{# Events for `first_stamps`: a version that was corrected since has no type, but was recorded all the same. #}
{% macro standing_events() -%}
    select
        order_id,
        fulfilment_code,
        case when superseded_at is null then event_type end as event_type,
        occurred_at,
        recorded_at,
        place
    from {{ ref("int_events") }}
{%- endmacro %}

{# What a carrier says of a parcel, whatever it says. #}
{% macro carrier_tracks() -%}
    (
        'picked_up',
        'in_transit',
        'hub_departed',
        'hub_arrived',
        'out_for_delivery',
        'attempt_failed',
        'available_for_pickup',
        'collected',
        'delivered',
        'refused',
        'returning',
        'returned_signed',
        'exception',
        'lost'
    )
{%- endmacro %}
