{{ config(unique_key="source") }}
-- depends_on: {{ ref("int_events") }}
-- depends_on: {{ ref("int_events__new") }}
-- The latest only: a night asks its own events, and keeps what was later.
with
    seen as (
        select source, max(occurred_at) as last_occurred_at, max(recorded_at) as last_recorded_at
        from
            {% if is_incremental() %} {{ ref("int_events__new") }}
            {% else %} {{ ref("int_events") }}
            {% endif %}
        group by source
        {% if is_incremental() %}
            union all
            select source, last_occurred_at, last_recorded_at
            from {{ this }}
            where source in (select source from {{ ref("int_events__new") }})
        {% endif %}
    )
select
    source::varchar as source,
    max(last_occurred_at)::timestamptz as last_occurred_at,
    max(last_recorded_at)::timestamptz as last_recorded_at
from seen
group by source
