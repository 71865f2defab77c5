{{
    config(
        incremental_strategy="append",
        pre_hook="{% if is_incremental() %} delete from {{ this }} where day in (select day from {{ ref('int_lane_days') }}) {% endif %}",
    )
}}
-- depends_on: {{ ref("int_lane_buffers__before") }}
-- depends_on: {{ ref("int_lane_days") }}
-- depends_on: {{ ref("parameters") }}
-- depends_on: {{ ref("promise_levels") }}
-- P50, P80 and buffer of each lane on each local day, from the transits known on the days before it. Fine
-- lanes have few
-- transits in many frames: a windowed quantile. Coarse ones have many in few: a histogram of whole hours a
-- day.
{% set names = [
    "transit_low_percent",
    "transit_high_percent",
    "transit_window_days",
    "lane_minimum_sample",
    "buffer_minimum_hours",
    "buffer_maximum_hours",
] %}
{% set percents = transit_percents() %}
{% set levels = promise_levels() %}
with
    days as (
        select
            lane_days.day,
            {% for name in names %}
                arg_max(p.value, p.valid_from) filter (p.name = '{{ name }}')::integer
                as {{ name }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_lane_days") }} as lane_days
        inner join {{ ref("parameters") }} as p on p.valid_from <= lane_days.day
        group by lane_days.day
    ),
    transits as (
        select *
        from {{ ref("int_transits") }}
        where known_day >= (select min(day - transit_window_days) from days)
    ),
    fine as (
        select
            'place_carrier_city' as lane_level,
            origin_place || '|' || carrier || '|' || destination_city as lane,
            known_day,
            hours
        from transits
        union all
        select 'carrier_province', carrier || '|' || destination_province, known_day, hours
        from transits
    ),
    busy as materialized(
        select
            lane_level,
            lane,
            -- a number sorts faster than a text
            row_number() over () as lane_number,
            min(known_day) as first_day,
            max(known_day) as last_day
        from fine
        where lane is not null
        group by all
        having count(*) >= (select min(lane_minimum_sample) from days)
    ),
    framed as (
        select lane_number, known_day as day, hours, 0 as window_days, false as is_asked
        from fine
        inner join busy using (lane_level, lane)
        union all
        select lane_number, day, null, transit_window_days, true
        from busy
        inner join days on days.day > busy.first_day and days.day <= busy.last_day + days.transit_window_days
    ),
    windowed as (
        select
            *,
            quantile_disc(
                hours,
                [{% for percent in percents %}{{ percent / 100 }}{{ ", " if not loop.last }}{% endfor %}]
            ) over seen as quantiles,
            count(hours) over seen as sample
        from framed
        window
            seen as (
                partition by lane_number
                order by day range between to_days(window_days) preceding and to_days(1) preceding
            )
    ),
    fine_quantiles as (
        select
            windowed.day,
            lane_level,
            lane,
            sample,
            {% for side in ["low", "high"] %}
                case
                    transit_{{ side }}_percent
                    {% for percent in percents %}
                        when {{ percent }} then quantiles[{{ loop.index }}]
                    {% endfor %}
                end as {{ side }}_hours,
            {% endfor %}
            {% for level in levels %}
                quantiles[
                    {{ percents.index(level) + 1 }}
                ] as level_{{ level }}_hours{{ "," if not loop.last }}
            {% endfor %}
        from windowed
        inner join busy using (lane_number)
        inner join days using (day)
        where is_asked and sample >= lane_minimum_sample
    ),
    coarse as (
        select 'carrier' as lane_level, carrier as lane, known_day, hours, count(*) as transits
        from transits
        where carrier is not null
        group by all
        union all
        select 'all', '', known_day, hours, count(*)
        from transits
        group by all
    ),
    ranked as (
        select
            days.day,
            lane_level,
            lane,
            hours,
            sum(transits)::bigint as transits,
            sum(sum(transits)) over (partition by days.day, lane_level, lane order by hours)::bigint as rank,
            sum(sum(transits)) over (partition by days.day, lane_level, lane)::bigint as sample
        from coarse
        inner join days on coarse.known_day between days.day - days.transit_window_days and days.day - 1
        group by days.day, lane_level, lane, hours
    ),
    coarse_quantiles as (
        select
            ranked.day,
            lane_level,
            lane,
            any_value(sample) as sample,
            -- the k-th smallest with k = ceil(q * n), in whole numbers
            min(hours) filter (rank >= divide(sample * transit_low_percent + 99, 100)) as low_hours,
            min(hours) filter (rank >= divide(sample * transit_high_percent + 99, 100)) as high_hours,
            {% for level in levels %}
                min(hours) filter (
                    rank >= divide(sample * {{ level }} + 99, 100)
                ) as level_{{ level }}_hours{{ "," if not loop.last }}
            {% endfor %}
        from ranked
        inner join days using (day)
        where lane_level = 'all' or sample >= lane_minimum_sample
        group by ranked.day, lane_level, lane
    )
select
    quantiles.day,
    lane_level,
    lane,
    sample,
    low_hours as p50_hours,
    high_hours as p80_hours,
    least(greatest(high_hours - low_hours, buffer_minimum_hours), buffer_maximum_hours)::bigint
    as buffer_hours,
    -- what it would have been at other percentiles
    {% for level in levels %}
        least(
            greatest(level_{{ level }}_hours - low_hours, buffer_minimum_hours), buffer_maximum_hours
        )::bigint as level_{{ level }}_buffer_hours{{ "," if not loop.last }}
    {% endfor %}
from
    (
        select *
        from fine_quantiles
        union all by name
        select *
        from coarse_quantiles
    ) as quantiles
inner join days using (day)
