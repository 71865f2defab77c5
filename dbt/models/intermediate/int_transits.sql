{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- depends_on: {{ ref("int_transits__before") }}
{% set seen %}
    select fulfilment_code, order_id, event_type, occurred_at, known_at as recorded_at, superseded_at
    from {{ ref("int_events") }}
    where
        event_type
        in ('picked_up', 'outbound', 'hub_arrived', 'out_for_delivery', 'not_received_ticket', 'cancelled')
{% endset %}
-- The one transit time a sub-order gives: as it stood when a pick-up and a valid signature were first both
-- recorded.
-- Nothing recorded later revises it, so an order sees only what was known before its day.
with
    suborders as (
        select * from {{ ref("int_suborders") }} {{ of_orders(ref("int_orders__touched"), day="order_day") }}
    ),
    -- in a rebuild each kind is read for itself, skipping the rest; a night's few rows are read once
    events as {{ "materialized" if is_incremental() else "not materialized" }} (
        {{ seen }} {{ of_orders(ref("int_orders__touched"), keyword="and", recorded_at="recorded_at") }}
        {% if is_incremental() %}
            union all
            -- a version that was corrected since may have been recorded before all that the night looks
            -- back to
            {{ seen }} and superseded_at is not null and recorded_at < {{ events_since() }}
            {{ of_orders(ref("int_orders__touched"), keyword="and") }}
        {% endif %}
    ),
    pickups as (select * from events where event_type = 'picked_up' and fulfilment_code is not null),
    first_pickups as (
        select fulfilment_code, min(recorded_at) as recorded_at from pickups group by fulfilment_code
    ),
    claims as (
        select
            signatures.*,
            greatest(
                signatures.known_at, first_pickups.recorded_at, suborders.first_recorded_at
            ) as both_known_at
        from {{ ref("int_signatures") }} as signatures
        inner join first_pickups using (fulfilment_code)
        inner join suborders using (fulfilment_code)
        where
            coalesce(invalid_reason, '') not in ('signed_by_sender', 'not_collected')
            {{
                of_orders(
                    ref("int_orders__touched"),
                    column="signatures.order_id",
                    keyword="and",
                    day="signatures.order_day",
                )
            }}
    ),
    -- A click that names only the order: known to sign a sub-order once that is known to be near the
    -- customer, or the
    -- only one alive. Both are asked at each instant at which the answer can change.
    others as (
        select
            claims.event_key,
            claims.content_key,
            claims.fulfilment_code,
            claims.both_known_at,
            other.fulfilment_code as other_code,
            other.first_recorded_at,
            least(
                any_value(other.replaced_at),
                min(cancellations.recorded_at) filter (cancellations.occurred_at <= claims.occurred_at)
            ) as gone_at
        from claims
        inner join
            suborders as other
            on other.order_id = claims.order_id
            and other.fulfilment_code <> claims.fulfilment_code
        left join
            events as cancellations
            on cancellations.fulfilment_code = other.fulfilment_code
            and cancellations.event_type = 'cancelled'
        where claims.names_order_only
        group by all
    ),
    instants as (
        select event_key, content_key, fulfilment_code, both_known_at as instant
        from claims
        where names_order_only
        union
        select event_key, content_key, fulfilment_code, greatest(both_known_at, gone_at)
        from others
        where gone_at is not null
    ),
    alone as (
        select event_key, content_key, fulfilment_code, min(instant) as known_at
        from instants
        where
            not exists (
                select 1
                from others
                where
                    others.event_key = instants.event_key
                    and others.content_key = instants.content_key
                    and others.fulfilment_code = instants.fulfilment_code
                    and others.first_recorded_at <= instants.instant
                    and coalesce(others.gone_at > instants.instant, true)
            )
        group by all
    ),
    near as (
        select
            claims.event_key,
            claims.content_key,
            claims.fulfilment_code,
            greatest(any_value(claims.both_known_at), min(scans.recorded_at)) as known_at
        from claims
        inner join
            events as scans
            on scans.fulfilment_code = claims.fulfilment_code
            and scans.event_type in ('hub_arrived', 'out_for_delivery')
            and scans.occurred_at <= claims.occurred_at
        where claims.names_order_only
        group by all
    ),
    candidates as (
        select
            claims.event_key,
            claims.content_key,
            claims.fulfilment_code,
            claims.order_id,
            claims.sign_source,
            claims.occurred_at,
            claims.superseded_at,
            case
                when names_order_only then least(alone.known_at, near.known_at) else both_known_at
            end as known_at
        from claims
        left join alone using (event_key, content_key, fulfilment_code)
        left join near using (event_key, content_key, fulfilment_code)
    ),
    standing as (
        select *
        from candidates
        where known_at is not null and (superseded_at is null or superseded_at > known_at)
    ),
    -- few are refused: named, so that the many are not carried through the questions
    too_early as (
        select standing.event_key, standing.content_key, standing.fulfilment_code
        from standing
        inner join
            events as outbound
            on outbound.fulfilment_code = standing.fulfilment_code
            and outbound.event_type = 'outbound'
            and outbound.recorded_at <= standing.known_at
            and outbound.superseded_at is null
        semi join
            (
                select fulfilment_code, max(occurred_at) as occurred_at
                from events
                where event_type = 'outbound' and superseded_at is null
                group by fulfilment_code
            ) as last_outbound
            on last_outbound.fulfilment_code = standing.fulfilment_code
            and last_outbound.occurred_at > standing.occurred_at
        group by standing.event_key, standing.content_key, standing.fulfilment_code, standing.occurred_at
        having standing.occurred_at < min(outbound.occurred_at)
    ),
    disputed as (
        select standing.event_key, standing.content_key, standing.fulfilment_code
        from standing
        inner join
            events as tickets
            on tickets.event_type = 'not_received_ticket'
            and tickets.order_id = standing.order_id
            and coalesce(tickets.fulfilment_code, standing.fulfilment_code) = standing.fulfilment_code
            and tickets.occurred_at > standing.occurred_at
            and tickets.recorded_at <= standing.known_at
        where standing.sign_source = 'carrier'
    ),
    undisputed as (
        select *
        from standing
        anti join too_early using (event_key, content_key, fulfilment_code)
        anti join disputed using (event_key, content_key, fulfilment_code)
    ),
    first_known as (
        select *
        from undisputed
        qualify
            row_number() over (
                partition by fulfilment_code
                order by
                    known_at,
                    {% if sign_rule() == "carrier_first" %} sign_source = 'customer_click',
                    {% elif sign_rule() == "customer_first" %} sign_source = 'carrier',
                    {% endif %}
                    occurred_at
            )
            = 1
    ),
    timed as (
        select
            first_known.fulfilment_code,
            first_known.order_id,
            first_known.known_at,
            min(pickups.occurred_at) as picked_up_at,
            first_known.occurred_at as signed_at
        from first_known
        inner join
            pickups
            on pickups.fulfilment_code = first_known.fulfilment_code
            and pickups.recorded_at <= first_known.known_at
            and (pickups.superseded_at is null or pickups.superseded_at > first_known.known_at)
        group by all
    ),
    -- of a sub-order that was described but once, the plan says the same
    lanes as (
        select
            timed.fulfilment_code,
            arg_max(versions.origin_place, (versions.recorded_at, versions.origin_place)) as origin_place,
            arg_max(versions.carrier, (versions.recorded_at, versions.carrier)) as carrier,
            arg_max(
                versions.destination_city, (versions.recorded_at, versions.destination_city)
            ) as destination_city,
            arg_max(
                versions.destination_province, (versions.recorded_at, versions.destination_province)
            ) as destination_province
        from timed
        inner join
            {{ ref("stg_suborders") }} as versions
            on versions.fulfilment_code = timed.fulfilment_code
            and versions.recorded_at <= timed.known_at
        where timed.fulfilment_code in (select fulfilment_code from suborders where is_revised)
        group by timed.fulfilment_code
    ),
    cancelled as (
        select timed.fulfilment_code
        from timed
        inner join
            events as cancellations
            on cancellations.event_type = 'cancelled'
            and cancellations.order_id = timed.order_id
            and coalesce(cancellations.fulfilment_code, timed.fulfilment_code) = timed.fulfilment_code
            and cancellations.recorded_at <= timed.known_at
            and cancellations.occurred_at < timed.signed_at
    )
select
    timed.fulfilment_code,
    timed.order_id,
    suborders.order_day,
    timed.known_at,
    {{ local_day("timed.known_at") }} as known_day,
    -- whole hours, rounded up
    divide(
        {{ microseconds_between("timed.picked_up_at", "timed.signed_at") }} + 3599999999, 3600000000
    ) as hours,
    coalesce(lanes.origin_place, suborders.planned_place) as origin_place,
    coalesce(lanes.carrier, suborders.planned_carrier) as carrier,
    coalesce(lanes.destination_city, suborders.planned_city) as destination_city,
    coalesce(lanes.destination_province, suborders.planned_province) as destination_province
from timed
inner join suborders using (fulfilment_code)
left join lanes using (fulfilment_code)
where
    timed.signed_at > timed.picked_up_at
    and (suborders.replaced_at is null or suborders.replaced_at > timed.known_at)
    and timed.fulfilment_code not in (select fulfilment_code from cancelled)
