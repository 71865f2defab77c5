{{ config(unique_key="fulfilment_code") }}
-- depends_on: {{ ref("int_suborders__before") }}
-- depends_on: {{ ref("stg_suborders") }}
-- One row a fulfilment code: latest known attributes, and for the plan the first recorded ones.
select
    fulfilment_code,
    arg_max(order_id, (recorded_at, order_id)) as order_id,
    coalesce(arg_max(route, (recorded_at, route)), 'direct') as route,
    arg_max(origin_place, (recorded_at, origin_place)) as origin_place,
    arg_max(carrier, (recorded_at, carrier)) as carrier,
    arg_max(destination_city, (recorded_at, destination_city)) as destination_city,
    arg_max(destination_province, (recorded_at, destination_province)) as destination_province,
    arg_min(batch, (recorded_at, batch)) as batch,
    arg_min(wished_date, (recorded_at, wished_date)) as wished_date,
    min(recorded_at) filter (wished_date is not null) as wish_recorded_at,
    arg_max(replaces, (recorded_at, replaces)) as replaces,
    min(recorded_at) filter (replaces is not null) as replaces_recorded_at,
    min(recorded_at) as first_recorded_at,
    arg_min(origin_place, (recorded_at, origin_place)) as planned_place,
    arg_min(carrier, (recorded_at, carrier)) as planned_carrier,
    arg_min(destination_city, (recorded_at, destination_city)) as planned_city,
    arg_min(destination_province, (recorded_at, destination_province)) as planned_province
from {{ ref("stg_suborders") }}
{% if is_incremental() %}
    where fulfilment_code in (select fulfilment_code from {{ new_rows(ref("stg_suborders")) }})
{% endif %}
group by fulfilment_code
