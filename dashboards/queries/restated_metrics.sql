-- The rates that were published by day; of those that count orders, the orders behind a restatement are kept.
select
    name as metric, if($lang = 'zh', title_zh, title_en) as title, if($lang = 'zh', definition_zh, definition) as definition,
    direction,
    denominator as counts, denominator like '%\_orders' escape '\' as is_by_order
from published.meta.metric_catalogue as catalogue
where
    unit = 'share' and name in (select metric from published.marts.kpi)
    and name in (select metric from published.meta.published_rates)
order by catalogue.rowid
