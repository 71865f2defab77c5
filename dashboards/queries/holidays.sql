-- Holidays of the days chosen, days on end that have one name as one; its words in the language chosen.
with
    named as (
        select day, coalesce(if($lang = 'zh', name_zh, name_en), '') as name, day - row_number() over (partition by name order by day)::integer as run
        from published.marts.dim_holidays
        where kind = 'off' and day between $from_day and $to_day
    )
select min(day) as first_day, max(day) as last_day, name
from named
group by name, run
order by first_day
