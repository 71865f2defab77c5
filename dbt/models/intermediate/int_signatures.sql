{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Everything that claims a sub-order was received, a row each, and whether it is a signature by our rules.
with
    suborders as (
        select described.*, replaced.fulfilment_code is not null as is_replaced, cancelled.cancelled_at
        from {{ ref("int_suborders__described") }} as described
        left join
            (
                select distinct replaces as fulfilment_code from {{ ref("int_suborders__described") }}
            ) as replaced using (fulfilment_code)
        left join
            (
                select fulfilment_code, min(occurred_at) as cancelled_at
                from {{ ref("int_events") }}
                where
                    event_type = 'cancelled' and superseded_at is null
                    {{ of_orders(ref("int_orders__touched"), keyword="and") }}
                group by fulfilment_code
            ) as cancelled using (fulfilment_code)
            {{ of_orders(ref("int_orders__touched"), column="described.order_id") }}
    ),
    events as (
        select
            events.*,
            -- delivered into a locker is put into it, not taken from it
            case
                when event_type = 'delivered' and sign_method in ('locker', 'pickup_point')
                then 'locker'
                else types.role
            end as role
        from {{ ref("int_events") }} as events
        inner join {{ ref("event_types") }} as types using (event_type)
        where
            (
                types.role in ('carrier_signature', 'locker', 'click', 'complaint')
                or event_type in ('outbound', 'hub_arrived', 'out_for_delivery', 'returned_signed')
            )
            {{ of_orders(ref("int_orders__touched"), keyword="and") }}
    ),
    guards as (
        select
            fulfilment_code,
            min(occurred_at) filter (event_type = 'outbound') as outbound_at,
            min(occurred_at) filter (event_type in ('hub_arrived', 'out_for_delivery')) as near_customer_at,
            max(occurred_at) filter (event_type = 'not_received_ticket') as not_received_at
        from events
        where fulfilment_code is not null and superseded_at is null
        group by fulfilment_code
    ),
    order_guards as (
        select order_id, max(occurred_at) as not_received_at
        from events
        where fulfilment_code is null and event_type = 'not_received_ticket' and superseded_at is null
        group by order_id
    ),
    others_alive as (
        select
            clicks.event_key, clicks.content_key, one.fulfilment_code, count(other.fulfilment_code) as others
        from events as clicks
        inner join suborders as one on one.order_id = clicks.order_id
        left join
            suborders as other
            on other.order_id = clicks.order_id
            and other.fulfilment_code <> one.fulfilment_code
            and not other.is_replaced
            and coalesce(other.cancelled_at > clicks.occurred_at, true)
        where clicks.fulfilment_code is null and clicks.role = 'click'
        group by all
    ),
    claims as (
        select events.*, events.fulfilment_code as claimed_code, false as names_order_only
        from events
        where
            fulfilment_code is not null
            and (role in ('carrier_signature', 'locker', 'click') or event_type = 'returned_signed')
        union all
        select events.*, suborders.fulfilment_code as claimed_code, true as names_order_only
        from events
        inner join suborders on suborders.order_id = events.order_id
        where events.fulfilment_code is null and role = 'click'
    )
select
    claims.event_key,
    claims.content_key,
    claims.claimed_code as fulfilment_code,
    claims.order_id,
    claims.event_type,
    case when claims.role = 'click' then 'customer_click' else 'carrier' end as sign_source,
    coalesce(claims.sign_method, case when claims.role = 'locker' then 'locker' end) as sign_method,
    claims.names_order_only,
    claims.occurred_at,
    claims.recorded_at,
    claims.known_at,
    coalesce(others_alive.others, 0) = 0 as is_alone,
    claims.superseded_at,
    case
        when claims.event_type = 'returned_signed'
        then 'signed_by_sender'
        when claims.role = 'locker' and coalesce(carriers.sends_collected_event, true)
        then 'not_collected'
        when claims.occurred_at < guards.outbound_at
        then 'before_outbound'
        when
            claims.role <> 'click'
            and claims.occurred_at < greatest(guards.not_received_at, order_guards.not_received_at)
        then 'disputed'
        when
            claims.names_order_only
            and others_alive.others > 0
            and not coalesce(guards.near_customer_at <= claims.occurred_at, false)
        then 'names_order_only'
    end as invalid_reason
from claims
inner join suborders on suborders.fulfilment_code = claims.claimed_code
left join guards on guards.fulfilment_code = claims.claimed_code
left join order_guards on order_guards.order_id = claims.order_id
left join
    others_alive
    on others_alive.event_key = claims.event_key
    and others_alive.content_key = claims.content_key
    and others_alive.fulfilment_code = claims.claimed_code
left join
    {{ source("reference", "carriers") }} as carriers
    on carriers.carrier = coalesce(claims.carrier, suborders.carrier)
