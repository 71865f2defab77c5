{{ config(materialized="table") }}
-- Every stage that can appear on a route for an order type; where none is reached yet (0), it is the next
-- in the chain.
with
    stages as (
        select distinct chain, from_position, to_position, from_milestone, held_by, stage, part_count
        from {{ ref("int_route_parts") }}
    )
select *, to_position as reached_position
from stages
union all
select *, 0
from stages
where part_count = 1
