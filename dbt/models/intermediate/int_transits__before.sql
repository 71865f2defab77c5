{{ config(materialized="table") }}
-- What the touched orders' transits were before this night; empty in a rebuild.
select known_day, hours, origin_place, carrier, destination_city, destination_province
from
    {{
        (
            before("intermediate", "int_transits")
            if not flags.FULL_REFRESH
            else "(select null::date as known_day, null::bigint as hours, null::varchar as origin_place, null::varchar as carrier, null::varchar as destination_city, null::varchar as destination_province, null::varchar as order_id)"
        )
    }}
where order_id in (select order_id from {{ ref("int_orders__touched") }})
