{{ config(unique_key=["carrier", "waybill"]) }}
-- depends_on: {{ ref("int_waybills__before") }}
-- depends_on: {{ ref("stg_waybills") }}
-- A waybill belongs to the fulfilment code that was last recorded for it, from when that was first recorded.
with
    links as (
        select carrier, waybill, fulfilment_code, min(recorded_at) as first_at, max(recorded_at) as last_at
        from {{ ref("stg_waybills") }}
        {% if is_incremental() %}
            where (carrier, waybill) in (select (carrier, waybill) from {{ new_rows(ref("stg_waybills")) }})
        {% endif %}
        group by carrier, waybill, fulfilment_code
    )
select
    carrier,
    waybill,
    arg_max(fulfilment_code, (last_at, fulfilment_code)) as fulfilment_code,
    arg_max(first_at, (last_at, fulfilment_code)) as linked_at
from links
group by carrier, waybill
