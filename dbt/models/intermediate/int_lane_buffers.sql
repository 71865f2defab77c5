{{ config(incremental_strategy="append", pre_hook="{% if is_incremental() %} delete from {{ this }} where day in (select day from {{ ref('int_lane_days') }}) {% endif %}") }}
-- depends_on: {{ ref("int_lane_days") }}
-- P50, P80 and buffer of each lane on each local day, from the transits known on the days before it.
-- depends_on: {{ ref("int_lane_buffers__before") }}
with
    days as (
        select
            lane_days.day,
            {% for name in ["transit_low_percent", "transit_high_percent", "transit_window_days", "lane_minimum_sample", "buffer_minimum_hours", "buffer_maximum_hours"] %}
            arg_max(p.value, p.valid_from) filter (p.name = '{{ name }}')::integer as {{ name }},
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
    lanes as (
        select 'place_carrier_city' as lane_level, origin_place || '|' || carrier || '|' || destination_city as lane, known_day, hours
        from transits
        where origin_place is not null and carrier is not null and destination_city is not null
        union all
        select 'carrier_province', carrier || '|' || destination_province, known_day, hours
        from transits
        where carrier is not null and destination_province is not null
        union all
        select 'carrier', carrier, known_day, hours from transits where carrier is not null
        union all
        select 'all', '', known_day, hours from transits
    ),
    hours_seen as (
        select lane_level, lane, known_day, hours, count(*) as transits from lanes group by all
    ),
    busy as (
        select lane_level, lane
        from hours_seen
        group by all
        having sum(transits) >= (select min(lane_minimum_sample) from days) or lane_level = 'all'
    ),
    in_window as (
        select days.day, hours_seen.lane_level, hours_seen.lane, hours_seen.hours, sum(hours_seen.transits)::bigint as transits
        from hours_seen
        inner join busy using (lane_level, lane)
        inner join days on hours_seen.known_day between days.day - days.transit_window_days and days.day - 1
        group by all
    ),
    ranked as (
        select
            *,
            sum(transits) over (partition by day, lane_level, lane order by hours)::bigint as rank,
            sum(transits) over (partition by day, lane_level, lane)::bigint as sample
        from in_window
    ),
    quantiles as (
        select
            ranked.day,
            lane_level,
            lane,
            any_value(sample) as sample,
            -- the k-th smallest with k = ceil(q * n), in whole numbers
            min(hours) filter (rank >= (sample * transit_low_percent + 99) // 100) as p50_hours,
            min(hours) filter (rank >= (sample * transit_high_percent + 99) // 100) as p80_hours
        from ranked
        inner join days using (day)
        group by ranked.day, lane_level, lane
    )
select
    quantiles.day,
    lane_level,
    lane,
    sample,
    p50_hours,
    p80_hours,
    least(greatest(p80_hours - p50_hours, buffer_minimum_hours), buffer_maximum_hours)::bigint as buffer_hours
from quantiles
inner join days using (day)
where lane_level = 'all' or sample >= lane_minimum_sample
