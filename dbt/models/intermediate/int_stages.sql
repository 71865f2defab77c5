{{ config(materialized="view") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- Each stage a sub-order went through or is in: from one reported milestone to the next one reported. A
-- missing
-- one joins its neighbours; the stage it is in has no end, and ends in nothing (`left_at`) when the
-- sub-order is
-- given up.
{% set names = milestones() %}
with
    -- the milestones of each chain as bits, in their order
    chains as (
        select
            route,
            order_type,
            any_value(chain) as chain,
            bit_or(1 << from_position::integer) | bit_or(1 << to_position::integer) as milestone_bits
        from {{ ref("int_route_parts") }}
        group by route, order_type
    ),
    -- joined to the rows of the night's own orders: a table made of all others' takes memory
    orders as (
        select order_id, order_type
        from {{ ref("int_orders") }}
        {% if not flags.FULL_REFRESH %}
            where
                order_id in (select order_id from {{ ref("int_orders__affected") }})
                and order_day >= {{ since_day(ref("int_orders__affected")) }}
        {% endif %}
    ),
    suborders as (
        select
            suborders.fulfilment_code,
            suborders.order_id,
            suborders.order_day,
            orders.order_type,
            chains.chain,
            chains.milestone_bits::integer as milestone_bits,
            suborders.carrier,
            suborders.origin_place,
            suborders.placed_place,
            suborders.paid_place,
            suborders.finance_approved_place,
            suborders.sending_place,
            suborders.cancelled_at is null or suborders.signed_at is not null as is_counted,
            case
                when suborders.signed_at is null
                then
                    least(
                        suborders.replaced_at,
                        suborders.cancelled_at,
                        case
                            when
                                suborders.closes_at <= {{ as_of() }}
                                and (
                                    suborders.replaced_at is null
                                    or suborders.replaced_at > suborders.closes_at
                                )
                            then suborders.closes_at
                        end
                    )
            end as left_at,
            {% for name in names %}
                case
                    when milestone_bits & {{ 2**loop.index }} > 0 then suborders.{{ name }}_at
                end as at_{{ loop.index }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_suborders") }} as suborders
        inner join orders on orders.order_id = suborders.order_id
        left join {{ source("reference", "order_types") }} as types on types.order_type = orders.order_type
        inner join
            chains on chains.route = suborders.route and chains.order_type = coalesce(types.order_type, '')
        {% if not flags.FULL_REFRESH %}
            where suborders.order_day >= {{ since_day(ref("int_orders__affected")) }}
        {% endif %}
    ),
    -- whether milestones of the chain are missing between its first and the last reached: only then is a
    -- stage joined
    gaps as (
        select
            *,
            {% for name in names %}
                (at_{{ loop.index }} is not null)::integer{{ " + " if not loop.last }}
            {% endfor %} < bit_count(
                milestone_bits & (
                    (
                        2 << coalesce(
                            {% for name in names %}
                                {% set back = names | length - loop.index0 %}
                                case when at_{{ back }} is not null then {{ back }} end,
                            {% endfor %}
                            0
                        )
                    )
                    - 1
                )
            ) as has_gap
        from suborders
    ),
    -- the stages of a sub-order lie together, a position at a time: its texts are then written as one
    stepped as (
        select
            gaps.* exclude (milestone_bits {% for at in names %}, at_{{ loop.index }}{% endfor %}),
            from_position,
            case
                from_position
                {% for name in names[:-1] %}
                    {% set position = loop.index %}
                    when {{ position }}
                    then
                        case
                            {% for later in range(position + 1, names | length + 1) %}
                                when at_{{ later }} is not null then {{ later }}
                            {% endfor %}
                        end
                {% endfor %}
            end as to_position,
            case
                from_position
                {% for name in names[:-1] %} when {{ loop.index }} then at_{{ loop.index }} {% endfor %}
            end as started_at,
            case
                from_position
                {% for name in names[:-1] %}
                    {% set position = loop.index %}
                    when {{ position }}
                    then
                        coalesce(
                            {% for later in range(position + 1, names | length + 1) %}
                                at_{{ later }}{{ "," if not loop.last }}
                            {% endfor %}
                            {{ ", null" if loop.last }}
                        )
                {% endfor %}
            end as ended_at
        from gaps
        cross join (select unnest(range(1, {{ names | length }}))::integer as from_position) as positions
    )
select
    stepped.* exclude (from_position, to_position, left_at),
    parts.from_position,
    parts.to_position,
    parts.part_count,
    parts.stage,
    {{ holder("parts.held_by", "parts.from_milestone") }} as place,
    case when stepped.to_position is null then stepped.left_at end as left_at
from stepped
inner join
    {{ ref("int_route_stages") }} as parts
    on parts.chain = stepped.chain
    and parts.from_position = stepped.from_position
    and parts.reached_position = coalesce(stepped.to_position, 0)
where stepped.started_at is not null
