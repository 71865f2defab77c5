{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("int_orders__stamps") }}
-- Orders whose count on a day is not what it was when that day's rates were first published: what signs,
-- denies, cancels, replaces, is received, complained of or shipped is asked as it was known then. Promises
-- do not move.
{% set affected = ref("int_orders__affected") %}
{% set known_of_claim -%}
    claims.known_at <= days.cut
    and coalesce(claims.superseded_at > days.cut, true)
    and coalesce(claims.disputed_at > days.cut, true)
{%- endset %}
{# Rates of the orders due: what is met, then and now. #}
{% set due = [("promise_kept_rate", "was_kept", "is_kept")] %}
{% if has("receipts") %}
    {% do due.append(("in_full_on_time_rate", "was_kept and was_received_in_full", "is_in_full")) %}
{% endif %}
{% if has("complaints") %}
    {% do due.append(("complaint_rate", "was_complained", "has_complaint")) %}
{% endif %}
{# Nothing was recorded of these orders before this: the storage of older events is skipped unread. #}
{% set events_from -%}
    {%- if is_incremental() -%}
        timestamptz '{{
            looked_up(
                "select min(first_event_recorded_at) from (select order_id, first_event_recorded_at from "
                ~ ref("int_orders__stamps")
                ~ " union all select order_id, first_event_recorded_at from "
                ~ ref("int_suborders")
                ~ ") where order_id in (select order_id from "
                ~ affected
                ~ ")"
            )
            or "9999-12-31 00:00:00+00"
        }}'
    {%- endif -%}
{%- endset %}
{% set of_these_events -%}
    {% if is_incremental() %}
        and order_id in (select order_id from {{ affected }}) and recorded_at >= {{ events_from }}
    {% endif %}
{%- endset %}
with
    publication as (select {{ parameter("publication_hour") }}::bigint as hour),
    all_orders as not materialized(select * from {{ rows_of(ref("fct_orders"), affected, "order_day") }}),
    told as materialized(
        select
            event_key, content_key, event_type, order_id, fulfilment_code, occurred_at, recorded_at, known_at
        from {{ ref("int_events") }}
        where
            event_type in ('cancelled', 'complaint_ticket', 'not_received_ticket')
            and superseded_at is null
            and order_id is not null
            {{ of_these_events }}
    ),
    signatures as not materialized(
        select *
        from {{ ref("int_signatures") }}
        where
            (invalid_reason is null or invalid_reason = 'disputed')
            {{ of_orders(affected, keyword="and", day="order_day") }}
    ),
    -- the first word of the customer that made a signature none
    disputes as (
        select
            signatures.event_key,
            signatures.content_key,
            signatures.fulfilment_code,
            unnest(
                arg_min(
                    {
                        'disputed_at':told.known_at,
                        'ticket_key':told.event_key,
                        'ticket_content':told.content_key,
                        'ticket_type':told.event_type,
                        'ticket_occurred_at':told.occurred_at,
                        'ticket_recorded_at':told.recorded_at
                    },
                    (told.known_at, told.event_key)
                )
            )
        from signatures
        inner join
            told
            on told.order_id = signatures.order_id
            and told.event_type = 'not_received_ticket'
            and coalesce(told.fulfilment_code = signatures.fulfilment_code, true)
            and told.occurred_at > signatures.occurred_at
        where signatures.invalid_reason = 'disputed'
        group by 1, 2, 3
    ),
    -- what signs, signed until the customer said otherwise, or signed until it was corrected
    claims as (
        select
            signatures.* exclude (order_day),
            {{ local_day("signatures.occurred_at") }} as day,
            disputes.* exclude (event_key, content_key, fulfilment_code)
        from signatures
        left join disputes using (event_key, content_key, fulfilment_code)
    ),
    parts as (
        select
            parts.order_id,
            parts.fulfilment_code,
            parts.promised_at,
            parts.signed_at,
            parts.claimed_signed_at,
            parts.cancelled_at,
            parts.is_cancelled,
            known.replaced_at,
            known.first_recorded_at
        from {{ rows_of(ref("fct_suborders"), affected, "order_day") }} as parts
        left join {{ rows_of(ref("int_suborders"), affected, "order_day") }} as known using (fulfilment_code)
    ),
    -- lines and receipts that the first publication of the order's due day did not know
    late_goods as (
        {% for table in ["order_lines", "receipts"] if has("receipts") %}
            select
                goods.order_id,
                '{{ table }}' as goods,
                max(goods.recorded_at) as known_at,
                arg_max(goods.file, (goods.recorded_at, goods.file, goods.record)) as file,
                arg_max(goods.record, (goods.recorded_at, goods.file, goods.record)) as record
            from {{ rows_of(ref("stg_" ~ table), affected) }} as goods
            inner join all_orders using (order_id)
            cross join publication
            where all_orders.is_due and goods.recorded_at > {{ first_published("all_orders.promised_day") }}
            group by goods.order_id {{ "union all" if not loop.last }}
        {% else %}
            select
                null::varchar as order_id,
                null::varchar as goods,
                null::timestamptz as known_at,
                null::varchar as file,
                null::bigint as record
            where false
        {% endfor %}
    ),
    complaints as (
        select order_id, min(known_at) as known_at, arg_min(told, (known_at, event_key)) as ticket
        from told
        where event_type in ('complaint_ticket', 'not_received_ticket')
        group by order_id
    ),
    moved as (
        select order_id
        from claims
        cross join publication
        where known_at > {{ first_published("day") }} or superseded_at is not null or disputed_at is not null
        union
        select order_id
        from parts
        where replaced_at is not null or is_cancelled
        union
        -- a part that was not known yet when another, or the promise, was decided
        select parts.order_id
        from parts
        inner join all_orders using (order_id)
        cross join publication
        group by parts.order_id
        having
            max(parts.first_recorded_at)
            > any_value({{ first_published("least(all_orders.promised_day, all_orders.wished_date)") }})
            or max(parts.first_recorded_at) > min({{ first_published(local_day("parts.claimed_signed_at")) }})
        union
        -- kept, though its last part came later: that part carries no promise, or no wish
        select order_id
        from all_orders
        where (is_kept and signed_day > promised_day) or (is_wished_date_hit and signed_day > wished_date)
        union
        select order_id
        from late_goods
        inner join all_orders using (order_id)
        where all_orders.is_kept
        union
        select order_id
        from complaints
        inner join all_orders using (order_id)
        cross join publication
        where all_orders.is_due and complaints.known_at > {{ first_published("all_orders.promised_day") }}
    ),
    orders as (
        select
            all_orders.*,
            known.is_received_in_full,
            all_orders.promised_at <= {{ as_of() }} as has_fallen_due,
            {{ end_of_day("all_orders.wished_date") }} <= {{ as_of() }} as has_wish_passed,
            -- without a part only a given promise stands
            all_orders.promise_source = 'given' as is_given
        from all_orders
        inner join {{ rows_of(ref("int_orders"), affected, "order_day") }} as known using (order_id)
        where all_orders.order_id in (select order_id from moved)
    ),
    days as (
        select order_id, day, {{ first_published("day") }} as cut
        from
            (
                select order_id, day
                from claims
                where order_id in (select order_id from orders)
                union
                select order_id, promised_day
                from orders
                where has_fallen_due
                union
                select order_id, wished_date
                from orders
                where has_wish_passed
            )
        cross join publication
    ),
    cancellations as (
        select
            parts.fulfilment_code,
            arg_min(told, (told.occurred_at, told.known_at)) as cancellation,
            arg_min(told.known_at, (told.occurred_at, told.known_at)) as cancellation_known_at
        from parts
        inner join told on told.order_id = parts.order_id and told.event_type = 'cancelled'
        where told.fulfilment_code is null or told.fulfilment_code = parts.fulfilment_code
        group by parts.fulfilment_code
    ),
    suborders as (
        select parts.*, promises.wished_date, cancellation, cancellation_known_at
        from (select * from parts where order_id in (select order_id from orders)) as parts
        left join
            {{ rows_of(ref("int_promises"), affected, "promise_day") }} as promises using (fulfilment_code)
        left join cancellations using (fulfilment_code)
    ),
    signed_then as (
        select
            days.order_id,
            days.day,
            suborders.fulfilment_code,
            min(claims.occurred_at) filter (
                claims.sign_source = 'carrier' and {{ known_of_claim }}
            ) as carrier_at,
            min(claims.occurred_at) filter (
                claims.sign_source = 'customer_click' and {{ known_of_claim }}
            ) as click_at,
            {% if sign_rule() == "carrier_first" %} coalesce(carrier_at, click_at)
            {% elif sign_rule() == "customer_first" %} coalesce(click_at, carrier_at)
            {% else %} least(carrier_at, click_at)
            {% endif %} as candidate_at,
            any_value(suborders.promised_at) as promise_ends_at,
            any_value({{ end_of_day("suborders.wished_date") }}) as wish_ends_at,
            any_value(suborders.cancelled_at) as ends_at,
            any_value(
                coalesce(suborders.first_recorded_at <= days.cut, true)
                and not coalesce(suborders.replaced_at <= days.cut, false)
            ) as is_there,
            coalesce(
                any_value(suborders.cancellation_known_at <= days.cut)
                and (
                    candidate_at is null or not {{ is_signed_before_cancellation("candidate_at", "ends_at") }}
                ),
                false
            ) as is_ended,
            is_there and not is_ended as is_live,
            -- cancelled after its promise it stays a miss
            coalesce(is_there and is_ended and ends_at > promise_ends_at, false) as is_missed
        from days
        inner join suborders using (order_id)
        left join claims on claims.fulfilment_code = suborders.fulfilment_code
        group by days.order_id, days.day, suborders.fulfilment_code
    ),
    known_then as (
        select
            order_id,
            day,
            coalesce(bool_and(candidate_at is not null) filter (is_live), false) as is_signed,
            case when is_signed then max(candidate_at) filter (is_live) end as signed_at,
            -- a batch without a promise is in no verdict
            bool_and({{ is_in_time("candidate_at", "promise_ends_at") }}) filter (is_live) as is_on_time,
            coalesce(
                bool_and(coalesce({{ is_in_time("candidate_at", "wish_ends_at") }}, false)) filter (is_live),
                false
            ) as is_wish_met,
            bool_or(is_missed) as is_missed,
            bool_or(is_live or is_missed) filter (is_there) as is_due,
            bool_or(is_live) filter (is_there) as is_wished
        from signed_then
        group by order_id, day
    ),
    goods_then as (
        select order_id, bool_and(coalesce(received.quantity, 0) >= ordered.quantity) as is_in_full
        from
            (
                select
                    order_id,
                    line_number,
                    arg_max(ordered_quantity, (recorded_at, ordered_quantity)) as quantity
                from {{ rows_of(ref("stg_order_lines"), affected) }} as goods
                inner join orders using (order_id)
                cross join publication
                where
                    goods.order_id in (select order_id from late_goods)
                    and goods.recorded_at <= {{ first_published("orders.promised_day") }}
                group by order_id, line_number
            ) as ordered
        left join
            (
                select order_id, line_number, sum(quantity) as quantity
                from
                    (
                        select
                            order_id,
                            line_number,
                            receipt_id,
                            arg_max(received_quantity, (recorded_at, received_quantity)) as quantity
                        from {{ rows_of(ref("stg_receipts"), affected) }} as goods
                        inner join orders using (order_id)
                        cross join publication
                        where
                            goods.order_id in (select order_id from late_goods)
                            and goods.recorded_at <= {{ first_published("orders.promised_day") }}
                        group by order_id, line_number, receipt_id
                    )
                group by order_id, line_number
            ) as received using (order_id, line_number)
        group by order_id
    ),
    told_of_days as (
        select
            days.*,
            orders.* exclude (order_id),
            coalesce(then_.is_signed and {{ local_day("then_.signed_at") }} = days.day, false) as was_signed,
            coalesce(orders.signed_day = days.day, false) as is_signed,
            coalesce(then_.is_on_time, false) as was_on_time,
            then_.signed_at as signed_at_then,
            coalesce(then_.is_due, orders.is_given) as was_due,
            coalesce(
                was_due and then_.is_signed and then_.is_on_time and not then_.is_missed, false
            ) as was_kept,
            coalesce(then_.is_wished, orders.is_given) as was_wished,
            coalesce(then_.is_wish_met, false) as was_wish_met,
            case
                when late_goods.order_id is null
                then orders.is_received_in_full
                else coalesce(goods_then.is_in_full, true)
            end as was_received_in_full,
            coalesce(complaints.known_at <= days.cut, false) as was_complained
        from days
        inner join orders using (order_id)
        left join known_then as then_ on then_.order_id = days.order_id and then_.day = days.day
        left join goods_then on goods_then.order_id = days.order_id
        left join
            (select distinct order_id from late_goods) as late_goods on late_goods.order_id = days.order_id
        left join complaints on complaints.order_id = days.order_id
    ),
    -- a status of the ERP that was recorded late or corrected, or a ship-by time that was moved
    statuses as not materialized(
        select *
        from {{ ref("int_events") }}
        where
            event_type in ('erp_shipped', 'erp_completed')
            and fulfilment_code is null
            and order_id is not null {{ of_these_events }}
    ),
    ship_bys as not materialized(select * from {{ rows_of(ref("stg_orders"), affected) }}),
    erp_orders as (
        select order_id, order_day, signed_at, erp_shipped_at, erp_shipped_day, is_erp_on_time, erp_ship_by_at
        from all_orders
        where
            order_id in (
                select order_id
                from statuses
                cross join publication
                where superseded_at is not null or known_at > {{ first_published(local_day("occurred_at")) }}
                union all
                select ship_bys.order_id
                from ship_bys
                inner join all_orders using (order_id)
                where
                    ship_bys.erp_ship_by_at is distinct from all_orders.erp_ship_by_at
                    and all_orders.erp_shipped_day is not null
            )
    ),
    erp_days as (
        select order_id, day, {{ first_published("day") }} as cut
        from
            (
                select order_id, {{ local_day("occurred_at") }} as day
                from statuses
                where order_id in (select order_id from erp_orders)
                union
                select order_id, erp_shipped_day
                from erp_orders
                where erp_shipped_day is not null
            )
        cross join publication
    ),
    erp_then as (
        select
            days.order_id,
            days.day,
            days.cut,
            min(statuses.occurred_at) filter (
                statuses.known_at <= days.cut and coalesce(statuses.superseded_at > days.cut, true)
            ) as shipped_at
        from erp_days as days
        left join statuses using (order_id)
        group by days.order_id, days.day, days.cut
    ),
    ship_by_then as (
        select
            days.order_id,
            days.day,
            arg_max(ship_bys.erp_ship_by_at, (ship_bys.recorded_at, ship_bys.erp_ship_by_at)) filter (
                ship_bys.recorded_at <= days.cut
            ) as ship_by_at
        from erp_days as days
        inner join ship_bys using (order_id)
        group by days.order_id, days.day
    ),
    compared as (
        select
            'true_on_time_rate' as metric,
            order_id,
            day,
            cut,
            order_day,
            was_signed as was_counted,
            was_signed and was_on_time as was_met,
            is_signed as is_counted,
            is_signed and is_on_time as is_met,
            signed_at_then,
            signed_at,
            true as is_by_parts
        from told_of_days
        where promised_at is not null
        union all
        select
            'promised_share',
            order_id,
            day,
            cut,
            order_day,
            was_signed,
            was_signed and promised_at is not null,
            is_signed,
            is_signed and promised_at is not null,
            signed_at_then,
            signed_at,
            true
        from told_of_days
        where not is_pending
        {% for metric, was, is in due %}
            union all
            select
                '{{ metric }}',
                order_id,
                day,
                cut,
                order_day,
                was_due,
                was_due and {{ was }},
                is_due,
                is_due and {{ is }},
                signed_at_then,
                signed_at,
                was_due <> is_due {{ "or was_kept <> is_kept" if metric != "complaint_rate" }}
            from told_of_days
            where has_fallen_due and promised_day = day
        {% endfor %}
        {% if has("wishes") %}
            union all
            select
                'wished_date_hit_rate',
                order_id,
                day,
                cut,
                order_day,
                was_wished,
                was_wished and was_wish_met,
                is_wished_date_hit is not null,
                coalesce(is_wished_date_hit, false),
                signed_at_then,
                signed_at,
                true
            from told_of_days
            where has_wish_passed and wished_date = day and not is_pending
        {% endif %}
        {% if has("erp") %}
            union all
            select
                'erp_on_time_rate',
                order_id,
                day,
                then_.cut,
                order_day,
                coalesce({{ local_day("then_.shipped_at") }} = day, false) as was_shipped,
                was_shipped
                and (
                    ship_by_then.ship_by_at is null
                    or {{ is_in_time("then_.shipped_at", "ship_by_then.ship_by_at") }}
                ),
                coalesce(erp_shipped_day = day, false) as is_shipped,
                is_shipped and is_erp_on_time,
                null,
                signed_at,
                false
            from erp_then as then_
            left join ship_by_then using (order_id, day)
            inner join erp_orders using (order_id)
        {% endif %}
    ),
    differing as (select * from compared where was_counted <> is_counted or was_met is distinct from is_met),
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
        inner join claims on claims.order_id = differing.order_id
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
            erp_orders.erp_shipped_at as part_signed_at,
            statuses.event_key as claim_key,
            statuses.event_key,
            case
                when cause = 'corrected' then statuses.superseded_at else statuses.recorded_at
            end as recorded_at,
            case when cause = 'corrected' then statuses.superseded_at else statuses.known_at end as known_at
        from differing
        inner join statuses using (order_id)
        inner join erp_orders using (order_id)
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
        inner join late_goods using (order_id)
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
            ship_by_then.ship_by_at as occurred_at_before,
            erp_orders.erp_ship_by_at as occurred_at,
            min(ship_bys.recorded_at) as known_at
        from differing
        inner join ship_by_then using (order_id, day)
        inner join erp_orders using (order_id)
        inner join ship_bys on ship_bys.order_id = differing.order_id
        where
            differing.metric = 'erp_on_time_rate'
            and ship_by_then.ship_by_at is distinct from erp_orders.erp_ship_by_at
            and ship_bys.recorded_at > differing.cut
        group by all
    ),
    movers as (
        select *
        from causes
        where cause is not null
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
