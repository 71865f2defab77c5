{{ config(materialized="table") }}
-- Counted anew each night, by two columns of the history: an event that turns out to have been recorded
-- earlier takes
-- its later time back.
select
    source::varchar as source,
    max(occurred_at)::timestamptz as last_occurred_at,
    max(recorded_at)::timestamptz as last_recorded_at
from {{ ref("int_events") }}
group by source
