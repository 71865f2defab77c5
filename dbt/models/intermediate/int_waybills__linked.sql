{{ config(unique_key=["carrier", "waybill"]) }}
-- depends_on: {{ ref("stg_waybills") }}
-- A waybill belongs to the fulfilment code that was last recorded for it.
select carrier, waybill, arg_max(fulfilment_code, (recorded_at, fulfilment_code)) as fulfilment_code
from {{ ref("stg_waybills") }}
{% if is_incremental() %}
where (carrier, waybill) in (select (carrier, waybill) from {{ ref("stg_waybills") }} where {{ is_new() }})
{% endif %}
group by carrier, waybill
