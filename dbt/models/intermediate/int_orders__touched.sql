{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("int_suborders__described") }}
-- depends_on: {{ ref("int_waybills__linked") }}
-- depends_on: {{ ref("stg_order_lines") }}
-- depends_on: {{ ref("stg_orders") }}
-- depends_on: {{ ref("stg_pick_lines") }}
-- depends_on: {{ ref("stg_receipts") }}
-- depends_on: {{ ref("stg_suborders") }}
-- depends_on: {{ ref("stg_waybills") }}
-- Orders about which the night brought news, before it changes them; '' stands for events without a known
-- order.
{% if flags.FULL_REFRESH %}
    select null::varchar as order_id, null::date as order_day, null::timestamptz as events_since where false
{% else %}
    {% set suborders = before("intermediate", "int_suborders") %}
    {% set orders = before("intermediate", "int_orders") %}
    with
        new_codes as (
            select fulfilment_code
            from {{ new_rows(ref("stg_suborders")) }}
            union
            -- what it replaces, or replaced until now, may be another order's
            select replaces
            from {{ new_rows(ref("stg_suborders")) }}
            union
            select replaces
            from {{ suborders }}
            where fulfilment_code in (select fulfilment_code from {{ new_rows(ref("stg_suborders")) }})
            union
            select fulfilment_code
            from {{ new_rows(ref("stg_waybills")) }}
            union
            select fulfilment_code
            from {{ new_rows(ref("stg_pick_lines")) }}
            union
            select fulfilment_code
            from {{ ref("int_events__new") }}
            union
            select linked.fulfilment_code
            from {{ ref("int_events__new") }} as events
            inner join {{ ref("int_waybills__linked") }} as linked using (carrier, waybill)
        ),
        news as (
            select order_id
            from {{ new_rows(ref("stg_orders")) }}
            union
            select order_id
            from {{ new_rows(ref("stg_order_lines")) }}
            union
            select order_id
            from {{ new_rows(ref("stg_receipts")) }}
            union
            select coalesce(order_id, '')
            from {{ ref("int_events__new") }}
            union
            select coalesce(order_id, '')
            from {{ ref("int_events__rekeyed") }}
            union
            select ''
            from {{ new_rows(ref("stg_pick_lines")) }}
            union
            -- where a line picked has stood until now: under no order, or under another code
            select order_id
            from {{ before("intermediate", "int_pick_lines") }}
            where
                fulfilment_code in (select fulfilment_code from new_codes)
                or pick_line_id in (select pick_line_id from {{ new_rows(ref("stg_pick_lines")) }})
            union
            -- an order that a sub-order has left, and the one it is in now
            select order_id
            from {{ suborders }}
            where fulfilment_code in (select fulfilment_code from new_codes)
            union
            select order_id
            from {{ ref("int_suborders__described") }}
            where
                fulfilment_code in (select fulfilment_code from new_codes)
                -- a replacement without a batch takes the one of what it replaces
                or replaces in (select fulfilment_code from new_codes)
            union
            -- no news but time passed: the plan is complete, or a closing has come to its end
            select order_id
            from {{ suborders }}
            where
                (plan_complete_at > {{ previous_as_of() }} and plan_complete_at <= {{ as_of() }})
                or (closes_at > {{ previous_as_of() }} and closes_at <= {{ as_of() }})
        ),
        -- where their rows lie: no earlier than the order's day, no event earlier than the first one
        -- recorded of it
        days as (
            select order_id, min(order_day) as order_day
            from
                (
                    select order_id, order_day
                    from {{ orders }}
                    union all
                    select order_id, {{ local_day("placed_at") }}
                    from {{ new_rows(ref("stg_orders")) }}
                )
            where order_id in (select order_id from news)
            group by order_id
        ),
        recorded as (
            select order_id, min(first_event_recorded_at) as first_event_recorded_at
            from
                (
                    select order_id, first_event_recorded_at
                    from {{ before("intermediate", "int_orders__stamps") }}
                    union all
                    select order_id, first_event_recorded_at
                    from {{ suborders }}
                )
            where order_id in (select order_id from news)
            group by order_id
        )
    select
        order_id,
        days.order_day,
        least(
            recorded.first_event_recorded_at,
            (select min(recorded_at) from {{ ref("int_events__new") }}),
            (select min(recorded_at) from {{ ref("int_events__rekeyed") }})
        ) as events_since
    from news
    left join days using (order_id)
    left join recorded using (order_id)
    where order_id is not null
{% endif %}
