{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("stg_events") }}
-- Events of which more than one row came: each content from when it was first recorded (without an id there
-- is but
-- one content), until another content of the same id was recorded.
select
    event_key,
    fulfilment_code,
    order_id,
    {{ event_columns() | join(", ") }},
    lead(recorded_at) over (partition by event_key order by recorded_at, content_key) as superseded_at
from
    (
        select *
        from ({{ arrived_events() }})
        where
            event_key
            in (select event_key from ({{ arrived_events() }}) group by event_key having count(*) > 1)
        qualify row_number() over (partition by event_key, content_key order by recorded_at, file, record) = 1
    )
