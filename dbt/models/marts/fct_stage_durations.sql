{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
with
    stages as (
        select *, {{ day_of_standard() }} as start_day
        from {{ ref("int_stages") }} {{ of_orders(ref("int_orders__affected")) }}
    ),
    singles as (
        select stages.*
        from stages
        semi join
            (select * from {{ ref("int_route_parts") }} where part_count = 1) as parts
            on parts.route = stages.route
            and parts.order_type = stages.chain_type
            and parts.from_milestone = stages.from_milestone
            and parts.to_milestone = stages.to_milestone
    ),
    -- a joined stage may take the sum of its parts, each where it would have been; one without a standard,
    -- none
    joined_parts as (
        select
            stages.*,
            parts.part,
            {{ holder("parts.part_held_by", "parts.part_from_milestone") }} as part_place
        from stages
        inner join
            {{ ref("int_route_parts") }} as parts
            on parts.route = stages.route
            and parts.order_type = stages.chain_type
            and parts.from_milestone = stages.from_milestone
            and parts.to_milestone = stages.to_milestone
        where parts.part_count > 1
    ),
    joined_standards as (
        select
            * exclude (part, part_place, step_us),
            case when bool_and(step_us is not null) then sum(step_us)::bigint end as standard_us
        from ({{ with_standard("joined_parts", "part", "part_place") }})
        group by all
    ),
    timed as (
        select * rename(step_us as standard_us)
        from ({{ with_standard("singles", "stage", "place") }})
        union all by name
        select *
        from joined_standards
    )
select
    fulfilment_code::varchar as fulfilment_code,
    order_id::varchar as order_id,
    stage::varchar as stage,
    place::varchar as place,
    carrier::varchar as carrier,
    order_type::varchar as order_type,
    started_at::timestamptz as started_at,
    is_counted::boolean as is_counted,
    ended_at::timestamptz as ended_at,
    left_at::timestamptz as left_at,
    {{ local_day("ended_at") }}::date as ended_day,
    {{ minutes(microseconds_between("started_at", "ended_at")) }}::double as actual_minutes,
    {{ minutes("standard_us") }}::double as standard_minutes,
    {{ microseconds_between("started_at", "ended_at") }}::bigint as actual_microseconds,
    standard_us::bigint as standard_microseconds
from timed
