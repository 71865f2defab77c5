{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Everything that claims a sub-order was received, a row each, and whether it is a signature by our rules.
{% set chosen = of_orders(ref("int_orders__touched"), keyword="and") %}
{% set claiming %}
    select
        events.event_key,
        events.content_key,
        events.fulfilment_code,
        events.order_id,
        events.carrier,
        events.event_type,
        events.sign_method,
        events.occurred_at,
        events.recorded_at,
        events.known_at,
        events.superseded_at,
        -- delivered into a locker is put into it, not taken from it
        case
            when events.event_type = 'delivered' and events.sign_method in ('locker', 'pickup_point')
            then 'locker'
            else types.role
        end as role
    from {{ ref("int_events") }} as events
    -- filtered before the join, so that the scan of events skips all others
    inner join
        (
            select event_type, role
            from {{ ref("event_types") }}
            where role in ('carrier_signature', 'locker', 'click') or event_type = 'returned_signed'
        ) as types using (event_type)
    where true
{% endset %}
with
    -- a version that was corrected since may have been recorded before all that the night looks back to
    claiming as not materialized(
        {{ claiming }}
        {{ of_orders(ref("int_orders__touched"), keyword="and", recorded_at="events.recorded_at") }}
        {% if is_incremental() %}
            union all
            {{ claiming }}
            and events.superseded_at is not null
            and events.recorded_at < {{ events_since() }} {{ chosen }}
        {% endif %}
    ),
    suborders as (
        select
            described.fulfilment_code,
            described.order_id,
            described.carrier,
            orders.order_day,
            orders.not_received_at as order_not_received_at,
            stamps.outbound_at,
            least(stamps.hub_arrived_at, stamps.out_for_delivery_at) as near_customer_at,
            stamps.not_received_at,
            stamps.cancelled_at,
            replaced.fulfilment_code is not null as is_replaced
        from {{ ref("int_suborders__described") }} as described
        left join
            {{ rows_of(ref("int_suborders__stamps"), ref("int_orders__touched")) }} as stamps using (
                fulfilment_code
            )
        left join
            {{ rows_of(ref("int_orders"), ref("int_orders__touched"), "order_day") }} as orders
            on orders.order_id = described.order_id
        left join
            (
                select distinct replaces as fulfilment_code
                from {{ ref("int_suborders__described") }}
                where replaces is not null
            ) as replaced using (fulfilment_code)
            {{ of_orders(ref("int_orders__touched"), column="described.order_id") }}
    ),
    claims as (
        select claiming.*, fulfilment_code as claimed_code, false as names_order_only
        from claiming
        where fulfilment_code is not null
        union all
        select claiming.*, suborders.fulfilment_code as claimed_code, true as names_order_only
        from claiming
        inner join suborders on suborders.order_id = claiming.order_id
        where claiming.fulfilment_code is null and role = 'click'
    ),
    -- clicks for the whole order, at each of its sub-orders: how many others were live by then
    others_alive as (
        select
            clicks.event_key, clicks.content_key, clicks.claimed_code, count(other.fulfilment_code) as others
        from claims as clicks
        inner join
            suborders as other
            on other.order_id = clicks.order_id
            and other.fulfilment_code <> clicks.claimed_code
            and not other.is_replaced
            and coalesce(other.cancelled_at > clicks.occurred_at, true)
        where clicks.names_order_only
        group by all
    )
select
    claims.event_key,
    claims.content_key,
    claims.claimed_code as fulfilment_code,
    claims.order_id,
    {{ order_day_or_unknown("suborders.order_day") }} as order_day,
    claims.event_type,
    case when claims.role = 'click' then 'customer_click' else 'carrier' end as sign_source,
    coalesce(claims.sign_method, case when claims.role = 'locker' then 'locker' end) as sign_method,
    claims.names_order_only,
    claims.occurred_at,
    claims.recorded_at,
    claims.known_at,
    claims.superseded_at,
    case
        when claims.event_type = 'returned_signed'
        then 'signed_by_sender'
        when claims.role = 'locker' and coalesce(carriers.sends_collected_event, true)
        then 'not_collected'
        when claims.occurred_at < suborders.outbound_at
        then 'before_outbound'
        when
            claims.role <> 'click'
            and claims.occurred_at < greatest(suborders.not_received_at, suborders.order_not_received_at)
        then 'disputed'
        when others_alive.others > 0 and not coalesce(suborders.near_customer_at <= claims.occurred_at, false)
        then 'names_order_only'
    end as invalid_reason
from claims
inner join suborders on suborders.fulfilment_code = claims.claimed_code
left join
    others_alive
    on others_alive.event_key = claims.event_key
    and others_alive.content_key = claims.content_key
    and others_alive.claimed_code = claims.claimed_code
left join
    {{ source("reference", "carriers") }} as carriers
    on carriers.carrier = coalesce(claims.carrier, suborders.carrier)
