{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'open') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
with
    overdue as (
        select
            {{ days_overdue() }} as day,
            stage,
            place,
            coalesce(carrier, 'unknown') as carrier,
            coalesce(order_type, 'unknown') as order_type
        from {{ ref("fct_stage_durations") }}
        where
            {{ is_ever_overdue() }}
            {% if is_incremental() %}
                -- what ended before the first of these days has no part in them; of most rows no more is read
                and (ended_at >= {{ since_touched("open") }} or ended_at is null)
                and coalesce(ended_at, left_at, {{ as_of() }}) >= {{ since_touched("open") }}
            {% endif %}
    )
select
    day::date as day,
    stage::varchar as stage,
    place::varchar as place,
    carrier::varchar as carrier,
    order_type::varchar as order_type,
    count(*)::bigint as open_overdue
from overdue {{ of_days("day", "open", keyword="where") }}
group by all
