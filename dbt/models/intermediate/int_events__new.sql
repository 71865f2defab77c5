{{ config(materialized="table") }}
-- What the night brought: event rows not seen before. A rebuild reads all of them in int_events instead.
select {{ event_key() }} as event_key, {{ event_content() }} as content_key, *
from {{ ref("stg_events") ~ " where false" if flags.FULL_REFRESH else new_rows(ref("stg_events")) }}
