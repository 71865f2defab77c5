{{ config(materialized="table") }}
-- For each route and order type, every stage that can appear, and the steps it is made of when milestones
-- are missing.
with
    types as (
        select order_type, string_split(coalesce(missing_milestones, ''), '|') as missing
        from {{ source("reference", "order_types") }}
        union all
        select '', []::varchar[]
    ),
    chains as (
        select
            routes.route,
            types.order_type,
            milestones.milestone,
            milestones.position,
            milestones.held_by,
            dense_rank() over (order by routes.route, types.order_type) as chain,
            row_number() over (
                partition by routes.route, types.order_type order by milestones.position
            ) as step
        from {{ source("reference", "route_milestones") }} as routes
        inner join {{ ref("milestones") }} as milestones on milestones.milestone = routes.milestone
        cross join types
        where not list_contains(types.missing, routes.milestone)
    ),
    parts as (
        select
            f.route,
            f.order_type,
            f.step,
            f.milestone as from_milestone,
            t.milestone as to_milestone,
            f.held_by,
            {{ stage_name("f.milestone", "t.milestone") }} as stage
        from chains as f
        inner join chains as t using (route, order_type)
        where t.step = f.step + 1
    )
select
    f.route,
    f.order_type,
    f.chain,
    f.position as from_position,
    t.position as to_position,
    f.milestone as from_milestone,
    t.milestone as to_milestone,
    f.held_by,
    {{ stage_name("f.milestone", "t.milestone") }} as stage,
    t.step - f.step as part_count,
    parts.stage as part,
    parts.held_by as part_held_by,
    parts.from_milestone as part_from_milestone
from chains as f
inner join chains as t using (route, order_type)
inner join parts using (route, order_type)
where t.step > f.step and parts.step >= f.step and parts.step < t.step
