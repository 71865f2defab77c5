{{ config(materialized="ephemeral") }}
-- One row an order that may count otherwise on some day than when that was first published: of which
-- something was recorded that late, corrected or disputed, or a part replaced or cancelled.
{% set affected = ref("int_orders__affected") %}
with
    publication as (select {{ parameter("publication_hour") }}::bigint as hour),
    all_orders as not materialized(select * from {{ rows_of(ref("fct_orders"), affected, "order_day") }}),
    parts as (
        select
            parts.order_id,
            parts.claimed_signed_at,
            parts.is_cancelled,
            known.replaced_at,
            known.first_recorded_at
        from {{ rows_of(ref("fct_suborders"), affected, "order_day") }} as parts
        left join {{ rows_of(ref("int_suborders"), affected, "order_day") }} as known using (fulfilment_code)
    ),
    moved as (
        select order_id
        from {{ ref("int_restatements__claims") }}
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
        from {{ ref("int_restatements__late_goods") }}
        inner join all_orders using (order_id)
        where all_orders.is_kept
        union
        select order_id
        from {{ ref("int_restatements__complaints") }} as complaints
        inner join all_orders using (order_id)
        cross join publication
        where all_orders.is_due and complaints.known_at > {{ first_published("all_orders.promised_day") }}
    )
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
