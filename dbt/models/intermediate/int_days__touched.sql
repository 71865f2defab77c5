{{ config(materialized="table") }}
-- depends_on: {{ ref("fct_orders") }}
-- depends_on: {{ ref("fct_stage_durations") }}
-- depends_on: {{ ref("fct_suborders") }}
-- depends_on: {{ ref("int_days__before") }}
-- depends_on: {{ ref("int_orders__affected") }}
-- depends_on: {{ ref("int_pick_lines") }}
-- Days to count again: where the affected orders counted before, where they count now, and the days that
-- have begun since.
{% if flags.FULL_REFRESH %} select null::varchar as kind, null::date as day where false
{% else %}
    select kind, day
    from {{ ref("int_days__before") }}
    where day is not null
    union
    select kind, day
    from
        (
            {{
                days_counted(
                    ref("fct_orders"),
                    ref("fct_suborders"),
                    ref("fct_stage_durations"),
                    ref("int_pick_lines"),
                    ref("int_orders__affected"),
                )
            }}
        )
    where day is not null
    union
    select kind, unnest(range(first_day, last_day + interval 1 day, interval 1 day))::date
    from
        (
            select
                unnest(['order', 'stage', 'open']) as kind,
                {{ local_day(previous_as_of()) }}::timestamp as first_day,
                {{ local_day(as_of()) }}::timestamp as last_day
        )
{% endif %}
