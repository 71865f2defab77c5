{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- Orders whose count on a day is not what it was when that day's rates were first published: what signs,
-- denies, cancels, replaces, is received, complained of or shipped is asked as it was known then. Promises
-- do not move.
with
    differing as (select * from {{ ref("int_restatements__differing") }}),
    movers as (
        select *
        from {{ ref("int_restatements__causes") }}
        qualify
            row_number() over (
                partition by metric, order_id, day
                order by
                    -- a signature that came and counts says most; one that came and does not, least
                    coalesce(holds and cause <> 'signed_since', false) desc,
                    list_position(
                        [
                            'disputed',
                            'returned',
                            'corrected',
                            'replaced',
                            'cancelled',
                            'part_added',
                            'receipt_late',
                            'shortage',
                            'order_changed',
                            'complained',
                            'ship_by_moved',
                            'recorded_late',
                            'signed_since'
                        ],
                        cause
                    ),
                    known_at desc,
                    -- nothing that is shown is left to chance
                    occurred_at_before desc nulls last,
                    occurred_at desc nulls last,
                    event_type_before,
                    event_type,
                    source,
                    file,
                    record
            )
            = 1
    )
select
    differing.metric::varchar as metric,
    differing.day::date as day,
    differing.order_id::varchar as order_id,
    differing.order_day::date as order_day,
    differing.was_counted::boolean as was_counted,
    coalesce(differing.was_met, false)::boolean as was_met,
    differing.is_counted::boolean as is_counted,
    coalesce(differing.is_met, false)::boolean as is_met,
    differing.signed_at_then::timestamptz as signed_at_then,
    differing.signed_at::timestamptz as signed_at,
    movers.cause::varchar as cause,
    movers.event_type_before::varchar as event_type_before,
    movers.occurred_at_before::timestamptz as occurred_at_before,
    movers.event_type::varchar as event_type,
    movers.occurred_at::timestamptz as occurred_at,
    movers.known_at::timestamptz as recorded_at,
    movers.source::varchar as source,
    movers.file::varchar as file,
    movers.record::bigint as record
from differing
left join movers using (metric, order_id, day)
