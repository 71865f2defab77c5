{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- One row a sub-order: its milestones, its signature, and how it ended otherwise. Each is the earliest
-- valid event.
with
    described as (
        select * from {{ ref("int_suborders__described") }} {{ of_orders(ref("int_orders__touched")) }}
    ),
    replacements as (
        select
            replaces as fulfilment_code,
            arg_min(fulfilment_code, (replaces_recorded_at, fulfilment_code)) as replaced_by,
            min(replaces_recorded_at) as replaced_at
        from {{ ref("int_suborders__described") }}
        where replaces is not null
        group by replaces
    ),
    replaced as (
        select fulfilment_code, batch
        from {{ ref("int_suborders__described") }}
        where fulfilment_code in (select fulfilment_code from replacements)
    ),
    signatures as (
        select
            fulfilment_code,
            min(occurred_at) filter (invalid_reason is null and sign_source = 'carrier') as carrier_at,
            arg_min(sign_method, (occurred_at, sign_method)) filter (
                invalid_reason is null and sign_source = 'carrier'
            ) as carrier_method,
            min(occurred_at) filter (invalid_reason is null and sign_source = 'customer_click') as click_at,
            min(occurred_at) as claimed_at
        from {{ ref("int_signatures") }}
        where
            superseded_at is null {{ of_orders(ref("int_orders__touched"), keyword="and", day="order_day") }}
        group by fulfilment_code
    ),
    joined as (
        select
            described.*,
            orders.placed_at,
            {% for milestone in stamped() %}
                least(own.{{ milestone }}_at, orders.{{ milestone }}_at) as {{ milestone }}_at,
            {% endfor %}
            own.sending_place,
            coalesce(own.placed_place, orders.placed_place) as placed_place,
            coalesce(own.paid_place, orders.paid_place) as paid_place,
            coalesce(own.finance_approved_place, orders.finance_approved_place) as finance_approved_place,
            least(own.cancelled_at, orders.cancelled_at) as cancelled_at,
            own.failed_at,
            own.last_track_at,
            greatest(own.not_received_at, orders.not_received_at) as not_received_at,
            own.first_event_recorded_at,
            {{ order_day_or_unknown("orders.order_day") }} as order_day,
            -- parameters hold by the day of the order, and by the day it failed
            coalesce(orders.order_day, {{ local_day(as_of()) }}) as plan_day,
            {{ local_day("own.failed_at") }} as failed_day,
            replacements.replaced_by,
            replacements.replaced_at,
            signatures.carrier_at,
            signatures.carrier_method,
            signatures.click_at,
            signatures.claimed_at,
            {% if sign_rule() == "carrier_first" %} coalesce(signatures.carrier_at, signatures.click_at)
            {% elif sign_rule() == "customer_first" %} coalesce(signatures.click_at, signatures.carrier_at)
            {% else %} least(signatures.carrier_at, signatures.click_at)
            {% endif %} as candidate_at
        from described
        left join
            {{ rows_of(ref("int_suborders__stamps"), ref("int_orders__touched")) }} as own using (
                fulfilment_code
            )
        left join
            {{ rows_of(ref("int_orders"), ref("int_orders__touched"), "order_day") }} as orders
            on orders.order_id = described.order_id
        left join replacements using (fulfilment_code)
        left join signatures using (fulfilment_code)
    ),
    -- a plan starts with the first sub-order of its order and batch; one that is alone starts its own
    plans as (
        select
            described.order_id,
            coalesce(described.batch, replaced.batch, 0) as batch,
            min(described.first_recorded_at) as started_at
        from described
        left join replaced on replaced.fulfilment_code = described.replaces
        group by 1, 2
        having count(*) > 1
    ),
    signed as (
        select
            *,
            case
                when
                    replaced_by is null
                    and {{ is_signed_before_cancellation("candidate_at", "cancelled_at") }}
                then candidate_at
            end as signed_at
        from joined
    )
select
    signed.* exclude (
        candidate_at, carrier_at, click_at, carrier_method, claimed_at, batch, plan_day, failed_day
    ),
    -- a replacement belongs to the batch of the one it takes the place of
    coalesce(signed.batch, replaced.batch, 0) as batch,
    claimed_at as claimed_signed_at,
    case
        when signed_at is null
        then null
        when signed_at = carrier_at {% if sign_rule() == "customer_first" %} and click_at is null {% endif %}
        then 'carrier'
        else 'customer_click'
    end as sign_source,
    case
        when signed_at = carrier_at {% if sign_rule() == "customer_first" %} and click_at is null {% endif %}
        then carrier_method
    end as sign_method,
    failed_at + to_days(closing.value::integer) as closes_at,
    coalesce(plans.started_at, first_recorded_at) as plan_started_at,
    plan_started_at + to_minutes(planning.value::bigint) as plan_complete_at
from signed
left join replaced on replaced.fulfilment_code = signed.replaces
left join
    plans on plans.order_id = signed.order_id and plans.batch = coalesce(signed.batch, replaced.batch, 0)
left join
    {{ parameter_spans("closing_days") }} as closing
    on signed.failed_day >= closing.valid_from
    and signed.failed_day < closing.valid_before
left join
    {{ parameter_spans("plan_minutes") }} as planning
    on signed.plan_day >= planning.valid_from
    and signed.plan_day < planning.valid_before
-- by day, as nights write it: then a question about days or about one order skips what it does not need
order by order_day
