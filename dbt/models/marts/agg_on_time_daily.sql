{{ config(incremental_strategy="append", pre_hook="{{ forget_days('int_days__touched', 'order') }}") }}
-- depends_on: {{ ref("int_days__touched") }}
{% set measures = [
    "signed_orders",
    "signed_on_time_orders",
    "due_orders",
    "due_kept_orders",
    "in_full_orders",
    "complaint_orders",
    "erp_shipped_orders",
    "erp_on_time_orders",
    "wished_orders",
    "wished_hit_orders",
    "unpromised_orders",
    "late_though_erp_on_time_orders",
    "all_signed_orders",
    "picked_lines",
    "wrong_lines",
    "transit_suborders",
    "transit_covered_suborders",
    "overdue_opened_orders",
    "overdue_closed_orders",
    "opened_orders",
    "closed_orders",
] %}
with
    orders as not materialized(
        select
            *,
            -- a clock that is off may sign before the order was placed: closed no earlier than opened
            greatest({{ local_day("coalesce(signed_at, closed_at)") }}, order_day) as ended_day,
            coalesce(signed_at, closed_at) as ended_at,
            promised_at is not null and (not is_cancelled or is_due) as is_followed
        from {{ ref("fct_orders") }}
    ),
    counted as (
        select
            signed_day as day,
            place,
            carrier,
            order_type,
            count(*) filter (promised_at is not null) as signed_orders,
            count(*) filter (is_on_time) as signed_on_time_orders,
            count(*) filter (promised_at is null) as unpromised_orders,
            count(*) filter (not is_on_time and is_erp_on_time) as late_though_erp_on_time_orders,
            count(*) as all_signed_orders
        from orders
        where signed_day is not null and not is_pending {{ of_days("signed_day", "order") }}
        group by all
        union all by name
        select
            promised_day as day,
            place,
            carrier,
            order_type,
            count(*) as due_orders,
            count(*) filter (is_kept) as due_kept_orders,
            count(*) filter (is_in_full) as in_full_orders,
            count(*) filter (has_complaint) as complaint_orders
        from orders
        where is_due {{ of_days("promised_day", "order") }}
        group by all
        union all by name
        select
            erp_shipped_day as day,
            place,
            carrier,
            order_type,
            count(*) as erp_shipped_orders,
            count(*) filter (is_erp_on_time) as erp_on_time_orders
        from orders
        where erp_shipped_day is not null {{ of_days("erp_shipped_day", "order") }}
        group by all
        union all by name
        select
            wished_date as day,
            place,
            carrier,
            order_type,
            count(*) as wished_orders,
            count(*) filter (is_wished_date_hit) as wished_hit_orders
        from orders
        where is_wished_date_hit is not null {{ of_days("wished_date", "order") }}
        group by all
        union all by name
        select promised_day as day, place, carrier, order_type, count(*) as overdue_opened_orders
        from orders
        where is_due and (ended_at is null or ended_at > promised_at) {{ of_days("promised_day", "order") }}
        group by all
        union all by name
        select
            ended_day as day,
            place,
            carrier,
            order_type,
            count(*) filter (is_due and ended_at > promised_at) as overdue_closed_orders,
            count(*) as closed_orders
        from orders
        where is_followed and ended_at is not null {{ of_days("ended_day", "order") }}
        group by all
        union all by name
        select order_day as day, place, carrier, order_type, count(*) as opened_orders
        from orders
        where is_followed {{ of_days("order_day", "order") }}
        group by all
        union all by name
        select
            picks.picked_day as day,
            coalesce(picks.place, 'unknown') as place,
            coalesce(picks.carrier, 'unknown') as carrier,
            orders.order_type,
            count(*) as picked_lines,
            count(*) filter (picks.is_wrong) as wrong_lines
        from {{ ref("int_pick_lines") }} as picks
        left join orders using (order_id)
        where picks.picked_day is not null {{ of_days("picks.picked_day", "order") }}
        group by all
        union all by name
        select
            {{ local_day("suborders.signed_at") }} as day,
            coalesce(suborders.origin_place, 'unknown') as place,
            coalesce(suborders.carrier, 'unknown') as carrier,
            orders.order_type,
            count(*) as transit_suborders,
            count(*) filter (transits.hours <= promises.p80_hours) as transit_covered_suborders
        from {{ ref("fct_suborders") }} as suborders
        inner join {{ ref("fct_promises") }} as promises using (fulfilment_code)
        inner join {{ ref("int_transits") }} as transits using (fulfilment_code)
        inner join orders on orders.order_id = suborders.order_id
        where
            suborders.signed_at is not null
            and promises.is_planned
            and promises.p80_hours is not null
            and promises.promise_source = 'computed' {{ of_days(local_day("suborders.signed_at"), "order") }}
        group by all
    )
select
    day::date as day,
    place::varchar as place,
    carrier::varchar as carrier,
    coalesce(order_type, 'unknown')::varchar as order_type,
    {% for measure in measures %}
        coalesce(sum({{ measure }}), 0)::bigint as {{ measure }}{{ "," if not loop.last }}
    {% endfor %}
from counted
group by 1, 2, 3, 4
