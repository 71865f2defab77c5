{{ config(materialized="table") }}
-- depends_on: {{ ref("stg_suborders") }}
-- The orders under which the sub-orders stood about which the night brought news; empty in a rebuild.
{% if flags.FULL_REFRESH %} select null::varchar as fulfilment_code, null::varchar as order_id where false
{% else %}
    select fulfilment_code, order_id
    from {{ before("intermediate", "int_suborders__described") }}
    where fulfilment_code in (select fulfilment_code from {{ new_rows(ref("stg_suborders")) }})
{% endif %}
