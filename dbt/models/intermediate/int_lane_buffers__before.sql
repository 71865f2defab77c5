{{ config(materialized="table") }}
-- depends_on: {{ ref("int_lane_days") }}
-- The buffers that stood for the days made again.
{% if flags.FULL_REFRESH %} select null::date as day where false
{% else %}
    select *
    from {{ before("intermediate", "int_lane_buffers") }}
    where day in (select day from {{ ref("int_lane_days") }})
{% endif %}
