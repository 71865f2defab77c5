{{ config(materialized="table") }}
-- depends_on: {{ ref("stg_waybills") }}
-- The links that stood for the waybills about which the night brought news; empty in a rebuild.
{% if flags.FULL_REFRESH %} select null::varchar as carrier, null::varchar as waybill where false
{% else %}
    select carrier, waybill
    from {{ new_rows(ref("stg_waybills")) }}
    where
        (carrier, waybill)
        in (select (carrier, waybill) from {{ before("intermediate", "int_waybills__linked") }})
{% endif %}
