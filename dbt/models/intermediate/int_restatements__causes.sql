{{ config(materialized="ephemeral") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("int_orders__stamps") }}
-- depends_on: {{ ref("int_suborders") }}
-- One row a cause: whatever became known since that may have moved an order on a day, with the row it lies
-- in.
with
    differing as (select * from {{ ref("int_restatements__differing") }}),
    suborders as (select * from {{ ref("int_restatements__parts") }}),
    complaints as (select * from {{ ref("int_restatements__complaints") }}),
    statuses as not materialized({{ erp_statuses() }}),
    -- what was recorded of a signature since: it came late, the customer denied it, or another content took
    -- its place
    signature_causes as (
        select
            differing.metric,
            differing.order_id,
            differing.day,
            case
                when claims.occurred_at > differing.cut
                then 'signed_since'
                when claims.known_at > differing.cut
                then 'recorded_late'
                when claims.superseded_at > differing.cut
                then 'corrected'
                else 'disputed'
            end as cause,
            claims.event_type as said_type,
            claims.occurred_at as said_at,
            suborders.signed_at as part_signed_at,
            claims.event_key as claim_key,
            -- where the row of what moved it lies
            case when cause = 'disputed' then claims.ticket_key else claims.event_key end as event_key,
            case
                when cause = 'disputed'
                then claims.ticket_recorded_at
                when cause = 'corrected'
                then claims.superseded_at
                else claims.recorded_at
            end as recorded_at,
            case
                when cause = 'disputed'
                then claims.disputed_at
                when cause = 'corrected'
                then claims.superseded_at
                else claims.known_at
            end as known_at
        from differing
        inner join {{ ref("int_restatements__claims") }} as claims on claims.order_id = differing.order_id
        left join suborders on suborders.fulfilment_code = claims.fulfilment_code
        where
            differing.is_by_parts
            and (
                claims.known_at > differing.cut
                or claims.disputed_at > differing.cut
                or claims.superseded_at > differing.cut
            )
    ),
    status_causes as (
        select
            differing.metric,
            differing.order_id,
            differing.day,
            case when statuses.known_at > differing.cut then 'recorded_late' else 'corrected' end as cause,
            statuses.event_type as said_type,
            statuses.occurred_at as said_at,
            known.erp_shipped_at as part_signed_at,
            statuses.event_key as claim_key,
            statuses.event_key,
            case
                when cause = 'corrected' then statuses.superseded_at else statuses.recorded_at
            end as recorded_at,
            case when cause = 'corrected' then statuses.superseded_at else statuses.known_at end as known_at
        from differing
        inner join statuses using (order_id)
        inner join {{ ref("int_restatements__statuses") }} as known using (order_id, day)
        where
            differing.metric = 'erp_on_time_rate'
            and statuses.occurred_at <= differing.cut
            and (statuses.known_at > differing.cut or statuses.superseded_at > differing.cut)
    ),
    -- few rows of the history: which they are is found by the ranges of their recording
    rows_of_events as (
        select
            events.event_key,
            events.recorded_at,
            events.event_type,
            events.occurred_at,
            events.source,
            events.file,
            events.record
        from {{ ref("int_events") }} as events
        inner join
            (
                select distinct event_key, recorded_at
                from
                    (
                        select event_key, recorded_at
                        from signature_causes
                        union all
                        select event_key, recorded_at
                        from status_causes
                        union all
                        select cancellation.event_key, cancellation.recorded_at
                        from suborders
                        where cancellation is not null
                        union all
                        select ticket.event_key, ticket.recorded_at
                        from complaints
                        where order_id in (select order_id from differing where metric = 'complaint_rate')
                    )
            ) as wanted
            on wanted.event_key = events.event_key
            and wanted.recorded_at = events.recorded_at
        qualify
            row_number() over (
                partition by events.event_key, events.recorded_at
                order by events.superseded_at desc nulls first
            )
            = 1
    ),
    causes as (
        select
            said.metric,
            said.order_id,
            said.day,
            case
                when said.cause = 'corrected' and rows_of_events.event_type in ('returned_signed', 'refused')
                then 'returned'
                else said.cause
            end as cause,
            case
                when said.cause not in ('recorded_late', 'signed_since') then said.said_type
            end as event_type_before,
            case
                when said.cause not in ('recorded_late', 'signed_since') then said.said_at
            end as occurred_at_before,
            coalesce(
                rows_of_events.event_type,
                case when said.cause in ('recorded_late', 'signed_since') then said.said_type end
            ) as event_type,
            coalesce(
                rows_of_events.occurred_at,
                case when said.cause in ('recorded_late', 'signed_since') then said.said_at end
            ) as occurred_at,
            said.known_at,
            coalesce(
                case when said.cause <> 'disputed' then rows_of_events.occurred_at end,
                case when said.cause in ('recorded_late', 'signed_since') then said.said_at end
            )
            = said.part_signed_at as holds,
            rows_of_events.source,
            rows_of_events.file,
            rows_of_events.record
        from
            (
                select *
                from signature_causes
                union all by name
                select *
                from status_causes
            ) as said
        left join
            rows_of_events
            on rows_of_events.event_key = said.event_key
            and rows_of_events.recorded_at = said.recorded_at
        -- what came in the place of what was known is its correction, not a signature of its own
        where
            said.cause not in ('recorded_late', 'signed_since')
            or not exists (
                select 1
                from signature_causes as earlier
                where
                    earlier.cause = 'corrected'
                    and earlier.metric = said.metric
                    and earlier.order_id = said.order_id
                    and earlier.day = said.day
                    and earlier.claim_key = said.claim_key
            )
        union all by name
        select
            differing.metric,
            differing.order_id,
            differing.day,
            unnest(
                [
                    case when suborders.replaced_at > differing.cut then 'replaced' end,
                    case when suborders.cancellation.known_at > differing.cut then 'cancelled' end,
                    case when suborders.first_recorded_at > differing.cut then 'part_added' end
                ]
            ) as cause,
            case when cause = 'cancelled' then 'cancelled' end as event_type,
            case when cause = 'cancelled' then suborders.cancellation.occurred_at end as occurred_at,
            case
                when cause = 'replaced'
                then suborders.replaced_at
                when cause = 'cancelled'
                then suborders.cancellation.known_at
                else suborders.first_recorded_at
            end as known_at,
            rows_of_events.source,
            rows_of_events.file,
            rows_of_events.record
        from differing
        inner join suborders on suborders.order_id = differing.order_id
        left join
            rows_of_events
            on rows_of_events.event_key = suborders.cancellation.event_key
            and rows_of_events.recorded_at = suborders.cancellation.recorded_at
        where differing.is_by_parts
        union all by name
        select
            differing.metric,
            differing.order_id,
            differing.day,
            case
                when late_goods.goods = 'order_lines'
                then 'order_changed'
                when differing.is_met
                then 'receipt_late'
                else 'shortage'
            end as cause,
            late_goods.known_at,
            late_goods.file,
            late_goods.record
        from differing
        inner join {{ ref("int_restatements__late_goods") }} as late_goods using (order_id)
        where differing.metric = 'in_full_on_time_rate'
        union all by name
        select
            differing.metric,
            differing.order_id,
            differing.day,
            'complained' as cause,
            complaints.ticket.event_type as event_type,
            complaints.ticket.occurred_at as occurred_at,
            complaints.known_at,
            rows_of_events.source,
            rows_of_events.file,
            rows_of_events.record
        from differing
        inner join complaints using (order_id)
        left join
            rows_of_events
            on rows_of_events.event_key = complaints.ticket.event_key
            and rows_of_events.recorded_at = complaints.ticket.recorded_at
        where differing.metric = 'complaint_rate' and complaints.known_at > differing.cut
        union all by name
        select
            differing.metric,
            differing.order_id,
            differing.day,
            'ship_by_moved' as cause,
            known.ship_by_at_then as occurred_at_before,
            known.erp_ship_by_at as occurred_at,
            known.ship_by_moved_at as known_at
        from differing
        inner join {{ ref("int_restatements__statuses") }} as known using (order_id, day)
        where
            differing.metric = 'erp_on_time_rate'
            and known.ship_by_at_then is distinct from known.erp_ship_by_at
            and known.ship_by_moved_at is not null
    )
select *
from causes
where cause is not null
