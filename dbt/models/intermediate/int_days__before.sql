{{ config(materialized="table") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- Days on which the affected orders counted before this night.
{% if flags.FULL_REFRESH %} select null::varchar as kind, null::date as day where false
{% else %}
    {{
        days_counted(
            before("marts", "fct_orders"),
            before("marts", "fct_suborders"),
            before("marts", "fct_stage_durations"),
            before("intermediate", "int_pick_lines"),
            ref("int_orders__affected"),
        )
    }}
{% endif %}
