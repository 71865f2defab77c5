{{ config(materialized="table") }}
-- depends_on: {{ ref("stg_waybills") }}
-- The links that stood for the waybills about which the night brought news; empty in a rebuild.
select carrier, waybill
from {{ ref("stg_waybills") }}
where
    {% if flags.FULL_REFRESH %} false
    {% else %}
        {{ is_new() }}
        and (carrier, waybill)
        in (select (carrier, waybill) from {{ before("intermediate", "int_waybills__linked") }})
    {% endif %}
