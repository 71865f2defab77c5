{{ config(materialized="table") }}
-- depends_on: {{ ref("parameters") }}
-- depends_on: {{ ref("int_stages") }}
-- Standard of each single step at each place for each order type and span of validity: the most specific
-- row holds.
{% if standards_from() == "data" %}
    -- This profile gives none: a stage's mean over all places in the days before the month it ends in.
    with
        ended as (
            select stage, started_at, ended_at, {{ local_day("ended_at") }} as ended_day
            from {{ ref("int_stages") }}
            where ended_at >= started_at and is_counted
        ),
        months as (
            select distinct date_trunc('month', {{ day_of_standard() }})::date as month_start
            from {{ ref("int_stages") }}
        )
    select
        ended.stage,
        null::varchar as place,
        null::varchar as order_type,
        months.month_start as valid_from,
        (months.month_start + interval 1 month)::date as valid_before,
        divide(sum({{ microseconds_between("ended.started_at", "ended.ended_at") }}), count(*))::bigint
        as standard_us
    from months
    inner join
        ended
        on ended.ended_day >= months.month_start - {{ parameter("standards_window_days") }}::integer
        and ended.ended_day < months.month_start
    group by all
{% else %}
    select
        stage,
        nullif(place, '') as place,
        nullif(order_type, '') as order_type,
        coalesce(valid_from, date '1900-01-01') as valid_from,
        coalesce(valid_to + 1, date '9999-12-31') as valid_before,
        round(minutes * 60000000)::bigint as standard_us
    from {{ source("reference", "standards") }}
{% endif %}
