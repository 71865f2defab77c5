{{ config(unique_key=["carrier", "waybill"]) }}
-- depends_on: {{ ref("stg_waybills") }}
select
    carrier::varchar as carrier,
    waybill::varchar as waybill,
    fulfilment_code::varchar as fulfilment_code,
    linked_at::timestamptz as linked_at
from {{ ref("int_waybills__linked") }}
{% if is_incremental() %}
    where (carrier, waybill) in (select (carrier, waybill) from {{ new_rows(ref("stg_waybills")) }})
{% endif %}
