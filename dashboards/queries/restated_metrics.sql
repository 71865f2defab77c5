-- The rates whose restatements are kept.
select name as metric, if($lang = 'zh', title_zh, title_en) as title, if($lang = 'zh', definition_zh, definition) as definition
from published.meta.metric_catalogue as catalogue
where name in ('true_on_time_rate', 'promise_kept_rate') and name in (select metric from published.marts.kpi)
order by catalogue.rowid
