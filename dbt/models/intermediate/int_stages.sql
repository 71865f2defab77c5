{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- Each stage a sub-order went through or is in: from one reported milestone to the next one reported. A
-- missing one joins
-- its neighbours; the stage it is in has no end, and ends in nothing (`left_at`) when the sub-order is
-- given up.
{% set milestones = [
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
] %}
with
    chains as (
        select route, order_type, list(distinct from_milestone) || ['signed'] as milestones
        from {{ ref("int_route_parts") }}
        group by route, order_type
    ),
    suborders as (
        select
            suborders.*,
            orders.order_type,
            chains.milestones,
            coalesce(types.order_type, '') as chain_type,
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
            end as left_at
        from {{ ref("int_suborders") }} as suborders
        inner join {{ ref("int_orders") }} as orders using (order_id)
        left join {{ source("reference", "order_types") }} as types on types.order_type = orders.order_type
        inner join
            chains on chains.route = suborders.route and chains.order_type = coalesce(types.order_type, '')
            {{ of_orders(ref("int_orders__affected")) }}
    ),
    reached as (
        select
            fulfilment_code,
            order_id,
            order_type,
            chain_type,
            route,
            carrier,
            origin_place,
            placed_place,
            paid_place,
            finance_approved_place,
            sending_place,
            left_at,
            cancelled_at is null or signed_at is not null as is_counted,
            milestones,
            list_filter(
                [
                    {% for milestone in milestones %}
                        {'milestone':'{{ milestone }}', 'at':{{ milestone }}_at}{{ "," if not loop.last }}
                    {% endfor %}
                ],
                lambda m:m.at is not null and list_contains(milestones, m.milestone)
            ) as marks
        from suborders
    ),
    stepped as (
        select * exclude (marks, milestones), unnest(range(1, len(marks) + 1)) as nth, marks
        from reached
        where len(marks) > 0
    ),
    stages as (
        select
            * exclude (marks, nth),
            marks[nth].milestone as from_milestone,
            marks[nth].at as started_at,
            marks[nth + 1].milestone as reached_milestone,
            marks[nth + 1].at as ended_at
        from stepped
        where marks[nth].milestone <> 'signed'
    ),
    named as (
        select
            stages.* exclude (reached_milestone, from_milestone),
            parts.stage,
            parts.held_by,
            parts.from_milestone,
            parts.to_milestone
        from stages
        inner join
            (
                select distinct route, order_type, from_milestone, to_milestone, held_by, stage, part_count
                from {{ ref("int_route_parts") }}
            ) as parts
            on parts.route = stages.route
            and parts.order_type = stages.chain_type
            and parts.from_milestone = stages.from_milestone
            and (
                parts.to_milestone = stages.reached_milestone
                or (stages.reached_milestone is null and parts.part_count = 1)
            )
    )
select
    fulfilment_code,
    order_id,
    order_type,
    chain_type,
    route,
    carrier,
    origin_place,
    placed_place,
    paid_place,
    finance_approved_place,
    sending_place,
    is_counted,
    from_milestone,
    to_milestone,
    stage,
    {{ holder("held_by", "from_milestone") }} as place,
    started_at,
    ended_at,
    case when ended_at is null then left_at end as left_at
from named
