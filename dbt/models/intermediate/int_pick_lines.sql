{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched', day=none) }}") }}
-- depends_on: {{ ref("int_days__before") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Lines picked, the latest known version of each; '' where the code belongs to no known order.
with
    lines as (
        select
            pick_line_id,
            arg_max(fulfilment_code, (recorded_at, fulfilment_code)) as fulfilment_code,
            arg_max(place, (recorded_at, place)) as place,
            {{ local_day("arg_max(picked_at, (recorded_at, picked_at))") }} as picked_day,
            arg_max(is_wrong, (recorded_at, is_wrong)) as is_wrong
        from {{ ref("stg_pick_lines") }}
        {% if is_incremental() %}
            -- all versions of a line that ever stood under one of these orders
            where
                pick_line_id in (
                    select pick_line_id
                    from {{ ref("stg_pick_lines") }}
                    left join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
                    where
                        coalesce(described.order_id, '')
                        in (select order_id from {{ ref("int_orders__touched") }})
                )
        {% endif %}
        group by pick_line_id
    )
select
    lines.pick_line_id,
    lines.fulfilment_code,
    coalesce(described.order_id, '') as order_id,
    described.carrier,
    lines.place,
    lines.picked_day,
    lines.is_wrong
from lines
left join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
{% if is_incremental() %}
    where coalesce(described.order_id, '') in (select order_id from {{ ref("int_orders__touched") }})
{% endif %}
