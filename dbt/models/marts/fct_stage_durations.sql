{{
    config(
        incremental_strategy="append",
        pre_hook=["{{ forget_orders('int_orders__affected') }}", "{{ joins_as_written() }}"],
        post_hook="{{ joins_as_chosen() }}",
    )
}}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("int_standards") }}
with
    stages as not materialized(select *, {{ day_of_standard() }} as start_day from {{ ref("int_stages") }}),
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
            on parts.chain = stages.chain
            and parts.from_position = stages.from_position
            and parts.to_position = stages.to_position
        where stages.has_gap and stages.part_count > 1
    ),
    joined_standards as (
        select
            fulfilment_code,
            from_position,
            case when bool_and(step_us is not null) then sum(step_us)::bigint end as standard_us
        from ({{ with_standard("joined_parts", "part", "part_place") }})
        group by all
    ),
    timed as (
        select steps.*, coalesce(joined_standards.standard_us, steps.step_us) as standard_us
        from ({{ with_standard("stages", "stage", "place", "steps.part_count = 1") }}) as steps
        left join
            joined_standards
            on joined_standards.fulfilment_code = steps.fulfilment_code
            and joined_standards.from_position = case when steps.part_count > 1 then steps.from_position end
    )
select
    fulfilment_code::varchar as fulfilment_code,
    order_id::varchar as order_id,
    order_day::date as order_day,
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
