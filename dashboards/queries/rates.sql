-- Every rate of the catalogue that this company's data can give, over the days and the orders chosen.
with
    sums as (
        select coalesce(sum(columns(* exclude (day, place, carrier, order_type))), 0)::bigint
        from published.marts.agg_on_time_daily
        where
            day between $from_day and $to_day
            and is_chosen($places, place) and is_chosen($carriers, carrier) and is_chosen($types, order_type)
    ),
    measured as (unpivot sums on columns(*) into name measure value amount)
select
    catalogue.name as metric, if($lang = 'zh', definition_zh, definition) as definition,
    numerators.amount as numerator, denominators.amount as denominator,
    rate(numerators.amount, denominators.amount) as value,
    wilson(numerators.amount, denominators.amount, -$wilson_z) as ci_low,
    wilson(numerators.amount, denominators.amount, $wilson_z) as ci_high,
    denominators.amount < $minimum_sample as is_too_few,
    catalogue.numerator as numerator_column, catalogue.denominator as denominator_column, direction,
    case
        when catalogue.denominator like '%suborders' then 'suborders'
        when catalogue.denominator like '%lines' then 'lines'
        else 'orders'
    end as counted
from published.meta.metric_catalogue as catalogue
inner join measured as numerators on numerators.measure = catalogue.numerator
inner join measured as denominators on denominators.measure = catalogue.denominator
where catalogue.name in (select metric from published.marts.kpi)
