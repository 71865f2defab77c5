{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched') }}") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- One row an order: what the customer asked for (first recorded), what the order is (latest known), and its
-- own events.
with
    versions as (select * from {{ ref("stg_orders") }} {{ of_orders(ref("int_orders__touched")) }}),
    described as (
        {% for is_single in [true, false] %}
            select
                order_id,
                {{ version("max", "customer_id", is_single) }} as customer_id,
                {{ version("max", "order_type", is_single) }} as order_type,
                {{ version("max", "placed_at", is_single) }} as placed_at,
                {{ local_day(version("min", "placed_at", is_single)) }} as order_day,
                {{ version("min", "wished_date", is_single) }} as first_wished_date,
                {{
                    version(
                        "min",
                        "coalesce(" ~ given_limit("given_promise_date") ~ ", given_promise_at)",
                        is_single,
                        "given_promise_date, given_promise_at",
                    )
                }} as given_promise_at,
                {{ version("max", "erp_ship_by_at", is_single) }} as erp_ship_by_at,
                {{ version("max", "amount", is_single) }} as amount
            from {{ of_versions("versions", ["order_id"], is_single) }} {{ "union all" if is_single }}
        {% endfor %}
    ),
    ordered as (
        select order_id, line_number, arg_max(ordered_quantity, (recorded_at, ordered_quantity)) as quantity
        from {{ ref("stg_order_lines") }} {{ of_orders(ref("int_orders__touched")) }}
        group by order_id, line_number
    ),
    received as (
        select order_id, line_number, sum(quantity) as quantity
        from
            (
                select
                    order_id,
                    line_number,
                    receipt_id,
                    arg_max(received_quantity, (recorded_at, received_quantity)) as quantity
                from {{ ref("stg_receipts") }} {{ of_orders(ref("int_orders__touched")) }}
                group by order_id, line_number, receipt_id
            )
        group by order_id, line_number
    ),
    fill as (
        select order_id, bool_and(coalesce(received.quantity, 0) >= ordered.quantity) as is_received_in_full
        from ordered
        left join received using (order_id, line_number)
        group by order_id
    )
select
    described.* exclude (first_wished_date),
    -- a wish earlier than the day of the order is as if missing
    case when first_wished_date >= order_day then first_wished_date end as wished_date,
    stamps.* exclude (order_id, has_complaint, first_event_recorded_at),
    coalesce(stamps.has_complaint, false) as has_complaint,
    coalesce(fill.is_received_in_full, true) as is_received_in_full
from described
left join {{ ref("int_orders__stamps") }} as stamps using (order_id)
left join fill using (order_id)
