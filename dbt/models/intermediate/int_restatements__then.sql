{{ config(materialized="ephemeral") }}
-- One row an order and day: what was known of it when the day was first published, beside what is known now.
{% set affected = ref("int_orders__affected") %}
{% set known_of_claim -%}
    claims.known_at <= days.cut
    and coalesce(claims.superseded_at > days.cut, true)
    and coalesce(claims.disputed_at > days.cut, true)
{%- endset %}
with
    publication as (select {{ parameter("publication_hour") }}::bigint as hour),
    orders as (select * from {{ ref("int_restatements__orders") }}),
    late_goods as (select * from {{ ref("int_restatements__late_goods") }}),
    days as (
        select order_id, day, {{ first_published("day") }} as cut
        from
            (
                select order_id, day
                from {{ ref("int_restatements__claims") }}
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
        inner join {{ ref("int_restatements__parts") }} as suborders using (order_id)
        left join
            {{ ref("int_restatements__claims") }} as claims
            on claims.fulfilment_code = suborders.fulfilment_code
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
    )
select
    days.*,
    orders.* exclude (order_id),
    coalesce(then_.is_signed and {{ local_day("then_.signed_at") }} = days.day, false) as was_signed,
    coalesce(orders.signed_day = days.day, false) as is_signed,
    coalesce(then_.is_on_time, false) as was_on_time,
    then_.signed_at as signed_at_then,
    coalesce(then_.is_due, orders.is_given) as was_due,
    coalesce(was_due and then_.is_signed and then_.is_on_time and not then_.is_missed, false) as was_kept,
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
left join (select distinct order_id from late_goods) as late_goods on late_goods.order_id = days.order_id
left join {{ ref("int_restatements__complaints") }} as complaints on complaints.order_id = days.order_id
