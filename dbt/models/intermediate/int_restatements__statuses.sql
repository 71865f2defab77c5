{{ config(materialized="ephemeral") }}
-- depends_on: {{ ref("int_orders__stamps") }}
-- depends_on: {{ ref("int_suborders") }}
-- One row an order and day: when the ERP said it was shipped and by when it was to be, as known when the day
-- was first published, beside what is known now. Orders with a status that was recorded late or corrected, or
-- a ship-by time that was moved.
{% set affected = ref("int_orders__affected") %}
with
    publication as (select {{ parameter("publication_hour") }}::bigint as hour),
    all_orders as not materialized(select * from {{ rows_of(ref("fct_orders"), affected, "order_day") }}),
    statuses as not materialized({{ erp_statuses() }}),
    ship_bys as not materialized(select * from {{ rows_of(ref("stg_orders"), affected) }}),
    erp_orders as (
        select order_id, order_day, signed_at, erp_shipped_at, erp_shipped_day, is_erp_on_time, erp_ship_by_at
        from all_orders
        where
            order_id in (
                select order_id
                from statuses
                cross join publication
                where superseded_at is not null or known_at > {{ first_published(local_day("occurred_at")) }}
                union all
                select ship_bys.order_id
                from ship_bys
                inner join all_orders using (order_id)
                where
                    ship_bys.erp_ship_by_at is distinct from all_orders.erp_ship_by_at
                    and all_orders.erp_shipped_day is not null
            )
    ),
    erp_days as (
        select order_id, day, {{ first_published("day") }} as cut
        from
            (
                select order_id, {{ local_day("occurred_at") }} as day
                from statuses
                where order_id in (select order_id from erp_orders)
                union
                select order_id, erp_shipped_day
                from erp_orders
                where erp_shipped_day is not null
            )
        cross join publication
    ),
    erp_then as (
        select
            days.order_id,
            days.day,
            days.cut,
            min(statuses.occurred_at) filter (
                statuses.known_at <= days.cut and coalesce(statuses.superseded_at > days.cut, true)
            ) as shipped_at
        from erp_days as days
        left join statuses using (order_id)
        group by days.order_id, days.day, days.cut
    ),
    ship_by_then as (
        select
            days.order_id,
            days.day,
            arg_max(ship_bys.erp_ship_by_at, (ship_bys.recorded_at, ship_bys.erp_ship_by_at)) filter (
                ship_bys.recorded_at <= days.cut
            ) as ship_by_at,
            min(ship_bys.recorded_at) filter (ship_bys.recorded_at > days.cut) as moved_at
        from erp_days as days
        inner join ship_bys using (order_id)
        group by days.order_id, days.day
    )
select
    then_.order_id,
    then_.day,
    then_.cut,
    erp_orders.order_day,
    erp_orders.signed_at,
    then_.shipped_at as shipped_at_then,
    ship_by_then.ship_by_at as ship_by_at_then,
    ship_by_then.moved_at as ship_by_moved_at,
    erp_orders.erp_shipped_at,
    erp_orders.erp_shipped_day,
    erp_orders.erp_ship_by_at,
    erp_orders.is_erp_on_time
from erp_then as then_
left join ship_by_then using (order_id, day)
inner join erp_orders using (order_id)
