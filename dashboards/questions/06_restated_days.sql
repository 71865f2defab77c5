-- en: Which days look different today from what was first published?
-- zh: 哪些日子的数字，与首次发布时已经不同？
select
    rates.day, rates.metric,
    rates.numerator as first_numerator, rates.denominator as first_denominator,
    kpi.numerator as now_numerator, kpi.denominator as now_denominator,
    round(100 * rates.value, 2) as first_percent,
    round(100 * kpi.value, 2) as now_percent,
    rates.published_at
from meta.published_rates as rates
inner join marts.kpi as kpi
    on kpi.metric = rates.metric and kpi.period = 'day' and kpi.period_start = rates.day
where rates.numerator <> kpi.numerator or rates.denominator <> kpi.denominator
order by abs(kpi.value - rates.value) desc nulls last, rates.day, rates.metric
limit 200;
