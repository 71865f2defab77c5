{{ config(incremental_strategy="append", pre_hook="{{ forget_orders('int_orders__touched', day=none) }}") }}
-- depends_on: {{ ref("int_days__before") }}
-- depends_on: {{ ref("int_orders__touched") }}
-- Lines picked, the latest known version of each; '' where the code belongs to no known order.
select
    pick_line_id,
    arg_max(fulfilment_code, (recorded_at, fulfilment_code)) as fulfilment_code,
    coalesce(any_value(described.order_id), '') as order_id,
    any_value(described.carrier) as carrier,
    arg_max(lines.place, (recorded_at, lines.place)) as place,
    {{ local_day("arg_max(lines.picked_at, (recorded_at, lines.picked_at))") }} as picked_day,
    arg_max(lines.is_wrong, (recorded_at, lines.is_wrong)) as is_wrong
from {{ ref("stg_pick_lines") }} as lines
left join {{ ref("int_suborders__described") }} as described using (fulfilment_code)
{% if is_incremental() %}
    where coalesce(described.order_id, '') in (select order_id from {{ ref("int_orders__touched") }})
{% endif %}
group by pick_line_id
