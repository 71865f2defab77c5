{{
    config(
        incremental_strategy="append",
        pre_hook="{{ forget_orders('int_orders__affected', day='promise_day') }}",
    )
}}
-- depends_on: {{ ref("int_orders__affected") }}
select
    fulfilment_code::varchar as fulfilment_code,
    order_id::varchar as order_id,
    promise_day::date as promise_day,
    is_planned::boolean as is_planned,
    lane_level::varchar as lane_level,
    coalesce(sample, 0)::bigint as sample,
    p50_hours::bigint as p50_hours,
    p80_hours::bigint as p80_hours,
    buffer_hours::bigint as buffer_hours,
    batch_buffer_hours::bigint as promise_buffer_hours,
    promise_source::varchar as promise_source,
    wished_date::date as wished_date
from {{ ref("int_promises") }} {{ of_orders(ref("int_orders__affected")) }}
-- by day, as nights write it: then a question about days or about one order skips what it does not need
order by promise_day
