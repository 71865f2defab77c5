{{ config(unique_key="customer_id") }}
-- depends_on: {{ ref("stg_customers") }}
select
    customer_id::varchar as customer_id,
    arg_max(segment, (recorded_at, segment))::varchar as segment,
    arg_max(city, (recorded_at, city))::varchar as city,
    arg_max(province, (recorded_at, province))::varchar as province
from {{ ref("stg_customers") }}
{% if is_incremental() %}
    where customer_id in (select customer_id from {{ new_rows(ref("stg_customers")) }})
{% endif %}
group by customer_id
