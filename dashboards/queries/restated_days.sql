-- A rate by day as it is known now, as it was when first published (what has moved since is taken back; where the rate does
-- not count orders, as it was published), and what was published of it first, by a night of its own or by a later one.
with
    moves as (
        select day, sum(was_counted::int - is_counted::int)::bigint as denominator, sum(was_met::int - is_met::int)::bigint as numerator,
            count(*) as orders, count(*) filter (is_counted and not was_counted) as joined,
            count(*) filter (was_counted and not is_counted) as gone, count(*) filter (was_counted and is_counted) as judged_anew
        from published.marts.fct_restatements
        where metric = $metric and day between $from_day and $to_day
        group by day
    ),
    published_first as (
        select
            rates.day, rates.numerator, rates.denominator, timezone(run.timezone, rates.as_of) as known_at,
            rates.as_of < timezone(run.timezone, (rates.day + 2)::timestamp) as is_own_night
        from published.meta.published_rates as rates
        cross join published.meta.run as run
        where rates.metric = $metric and rates.day between $from_day and $to_day
    )
select
    kpi.period_start as day, kpi.numerator, kpi.denominator, kpi.value,
    if($by_order, kpi.numerator + coalesce(moves.numerator, 0), published_first.numerator) as first_numerator,
    if($by_order, kpi.denominator + coalesce(moves.denominator, 0), published_first.denominator) as first_denominator,
    rate(first_numerator, first_denominator) as first_value, coalesce(100 * (kpi.value - first_value), 0) as points,
    coalesce(orders, 0) as orders, coalesce(joined, 0) as joined, coalesce(gone, 0) as gone, coalesce(judged_anew, 0) as judged_anew,
    least(kpi.denominator, first_denominator) < $minimum_sample as is_too_few, kpi.is_final,
    coalesce(is_own_night, false) as is_own_night, published_first.numerator as published_numerator,
    published_first.denominator as published_denominator, rate(published_numerator, published_denominator) as published_value,
    published_first.known_at as published_known_at,
    published_numerator = first_numerator and published_denominator = first_denominator as is_published_so
from published.marts.kpi as kpi
left join moves on moves.day = kpi.period_start
left join published_first on published_first.day = kpi.period_start
where
    kpi.metric = $metric and kpi.period = 'day' and kpi.period_start between $from_day and $to_day
    and ($by_order or published_first.day is not null)
order by day
