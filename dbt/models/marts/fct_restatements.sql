{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__affected') }}") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- Orders whose count on a day is not what it was when that day's rates were first published: signatures,
-- replacements and cancellations are asked as they were known then. Promises do not move.
{% set first_published -%}
    timezone('{{ company_timezone() }}', (day + 1)::timestamp) + to_hours(publication.hour)
{%- endset %}
{% set was_known -%}
    claims.known_at <= days.cut
    and coalesce(claims.superseded_at > days.cut, true)
    and coalesce(claims.disputed_at > days.cut, true)
{%- endset %}
with
    publication as (select {{ parameter("publication_hour") }}::bigint as hour),
    tickets as (
        select stamps.fulfilment_code, greatest(stamps.not_received_at, orders.not_received_at) as disputed_at
        from {{ rows_of(ref("int_suborders__stamps"), ref("int_orders__affected")) }} as stamps
        left join
            {{ rows_of(ref("int_orders"), ref("int_orders__affected"), "order_day") }} as orders
            on orders.order_id = stamps.order_id
        where coalesce(stamps.not_received_at, orders.not_received_at) is not null
    ),
    -- what signs, signed until the customer said otherwise, or signed until it was corrected
    claims as (
        select
            signatures.* exclude (order_day),
            {{ local_day("signatures.occurred_at") }} as day,
            case when invalid_reason = 'disputed' then tickets.disputed_at end as disputed_at
        from {{ ref("int_signatures") }} as signatures
        left join tickets using (fulfilment_code)
        where
            (invalid_reason is null or invalid_reason = 'disputed')
            {{
                of_orders(
                    ref("int_orders__affected"),
                    column="signatures.order_id",
                    keyword="and",
                    day="signatures.order_day",
                )
            }}
    ),
    parts as (
        select
            parts.order_id,
            parts.fulfilment_code,
            parts.promised_at,
            parts.signed_at,
            parts.cancelled_at,
            parts.is_cancelled,
            known.replaced_at,
            known.first_recorded_at
        from {{ rows_of(ref("fct_suborders"), ref("int_orders__affected"), "order_day") }} as parts
        left join
            {{ rows_of(ref("int_suborders"), ref("int_orders__affected"), "order_day") }} as known using (
                fulfilment_code
            )
    ),
    moved as (
        select order_id
        from claims
        cross join publication
        where known_at > {{ first_published }} or superseded_at is not null or disputed_at is not null
        union
        select order_id
        from parts
        where replaced_at is not null or is_cancelled
    ),
    orders as (
        select
            order_id, order_day, promised_at, promised_day, signed_at, signed_day, is_on_time, is_due, is_kept
        from {{ rows_of(ref("fct_orders"), ref("int_orders__affected"), "order_day") }}
        where promised_at is not null and order_id in (select order_id from moved)
    ),
    suborders as (select * from parts where order_id in (select order_id from orders)),
    days as (
        select order_id, day, {{ first_published }} as cut
        from
            (
                select order_id, day
                from claims
                where order_id in (select order_id from orders)
                union
                select order_id, promised_day
                from orders
                where is_due
            )
        cross join publication
    ),
    signed_then as (
        select
            days.order_id,
            days.day,
            suborders.fulfilment_code,
            min(claims.occurred_at) filter (claims.sign_source = 'carrier' and {{ was_known }}) as carrier_at,
            min(claims.occurred_at) filter (
                claims.sign_source = 'customer_click' and {{ was_known }}
            ) as click_at,
            {% if sign_rule() == "carrier_first" %} coalesce(carrier_at, click_at)
            {% elif sign_rule() == "customer_first" %} coalesce(click_at, carrier_at)
            {% else %} least(carrier_at, click_at)
            {% endif %} as candidate_at,
            any_value(suborders.promised_at) as promised_at,
            any_value(suborders.cancelled_at) as cancelled_at,
            any_value(suborders.is_cancelled and suborders.cancelled_at <= days.cut) as is_cancelled_then,
            any_value(
                coalesce(suborders.first_recorded_at <= days.cut, true)
                and not coalesce(suborders.replaced_at <= days.cut, false)
            )
            and not coalesce(is_cancelled_then, false) as is_live
        from days
        inner join suborders using (order_id)
        left join claims on claims.fulfilment_code = suborders.fulfilment_code
        group by days.order_id, days.day, suborders.fulfilment_code
    ),
    known_then as (
        select
            order_id,
            day,
            bool_and(
                candidate_at is not null
                and {{ is_signed_before_cancellation("candidate_at", "cancelled_at") }}
            ) filter (is_live) as is_signed,
            case when is_signed then max(candidate_at) filter (is_live) end as signed_at,
            -- a batch without a promise is in no verdict
            bool_and({{ is_in_time("candidate_at", "promised_at") }}) filter (is_live) as is_on_time,
            -- cancelled after its promise it stays a miss
            coalesce(bool_or(is_cancelled_then and cancelled_at > promised_at), false) as is_missed
        from signed_then
        group by order_id, day
    ),
    compared as (
        select
            'true_on_time_rate' as metric,
            days.*,
            orders.order_day,
            coalesce(then_.is_signed and {{ local_day("then_.signed_at") }} = days.day, false) as was_counted,
            was_counted and then_.is_on_time as was_met,
            coalesce(orders.signed_day = days.day, false) as is_counted,
            is_counted and orders.is_on_time as is_met,
            then_.signed_at as signed_at_then,
            orders.signed_at
        from days
        inner join orders using (order_id)
        left join known_then as then_ using (order_id, day)
        union all
        select
            'promise_kept_rate',
            days.*,
            orders.order_day,
            true,
            coalesce(then_.is_signed and then_.is_on_time and not then_.is_missed, false),
            true,
            orders.is_kept,
            then_.signed_at,
            orders.signed_at
        from days
        inner join
            orders on orders.order_id = days.order_id and orders.promised_day = days.day and orders.is_due
        left join known_then as then_ on then_.order_id = days.order_id and then_.day = days.day
    ),
    differing as (select * from compared where was_counted <> is_counted or was_met is distinct from is_met),
    -- of what was recorded since: the signature that holds now, else the customer's word, a correction, a
    -- replacement
    causes as (
        select
            differing.metric,
            differing.order_id,
            differing.day,
            case
                when claims.known_at > differing.cut
                then 'recorded_late'
                when claims.disputed_at > differing.cut
                then 'disputed'
                else 'corrected'
            end as cause,
            coalesce(
                claims.occurred_at = suborders.signed_at and claims.superseded_at is null, false
            ) as holds,
            claims.event_key,
            claims.content_key,
            claims.event_type,
            claims.occurred_at,
            claims.recorded_at,
            claims.known_at
        from differing
        inner join claims on claims.order_id = differing.order_id
        left join suborders on suborders.fulfilment_code = claims.fulfilment_code
        where
            claims.occurred_at <= differing.cut
            and (
                claims.known_at > differing.cut
                or claims.disputed_at > differing.cut
                or claims.superseded_at > differing.cut
            )
        union all by name
        select
            differing.metric,
            differing.order_id,
            differing.day,
            case when suborders.replaced_at > differing.cut then 'replaced' else 'cancelled' end as cause,
            false as holds,
            case
                when cause = 'replaced' then suborders.replaced_at else suborders.cancelled_at
            end as known_at
        from differing
        inner join suborders on suborders.order_id = differing.order_id
        where
            suborders.replaced_at > differing.cut
            or (suborders.is_cancelled and suborders.cancelled_at > differing.cut)
    ),
    movers as (
        select *
        from causes
        qualify
            row_number() over (
                partition by metric, order_id, day
                order by
                    (cause = 'recorded_late' and holds) desc,
                    list_position(['recorded_late', 'disputed', 'corrected', 'replaced', 'cancelled'], cause),
                    known_at desc,
                    event_key,
                    content_key
            )
            = 1
    ),
    -- few rows of the history: which they are is found by the ranges of their recording
    rows_of_events as (
        select events.event_key, events.content_key, events.source, events.file, events.record
        from {{ ref("int_events") }} as events
        inner join
            (select distinct event_key, content_key, recorded_at from movers) as wanted
            on wanted.event_key = events.event_key
            and wanted.content_key = events.content_key
            and wanted.recorded_at = events.recorded_at
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
    movers.event_type::varchar as event_type,
    movers.occurred_at::timestamptz as occurred_at,
    movers.known_at::timestamptz as recorded_at,
    rows_of_events.source::varchar as source,
    rows_of_events.file::varchar as file,
    rows_of_events.record::bigint as record
from differing
left join movers using (metric, order_id, day)
left join
    rows_of_events
    on rows_of_events.event_key = movers.event_key
    and rows_of_events.content_key = movers.content_key
