{{ config(materialized="table") }}
-- depends_on: {{ ref("int_events__new") }}
-- depends_on: {{ ref("int_events__rekeyed") }}
-- depends_on: {{ ref("stg_events") }}
-- Events of which more than one row came: a duplicate without a common row, or a correction.
{% if flags.FULL_REFRESH %}
    select {{ event_key() }} as event_key from {{ ref("stg_events") }} group by all having count(*) > 1
{% else %}
    select event_key
    from
        (
            select event_key
            from {{ before("evidence", "int_events") }}
            where event_key in (select event_key from {{ ref("int_events__rekeyed") }})
            union all
            select event_key
            from {{ ref("int_events__new") }}
        )
    group by all
    having count(*) > 1
{% endif %}
