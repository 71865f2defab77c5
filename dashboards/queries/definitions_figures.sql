-- Every figure of the catalogue, in words: its two counts are columns of the daily counts, which say what they are.
with
    counts as (
        select column_name, in_language(comment, $lang) as said
        from duckdb_columns()
        where database_name = 'published' and schema_name = 'marts' and table_name = 'agg_on_time_daily'
    )
select
    name as metric, if($lang = 'zh', title_zh, title_en) as title, if($lang = 'zh', definition_zh, definition) as definition,
    numerator, denominator, numerators.said as numerator_said, denominators.said as denominator_said, direction, unit
from published.meta.metric_catalogue as catalogue
left join counts as numerators on numerators.column_name = catalogue.numerator
left join counts as denominators on denominators.column_name = catalogue.denominator
where
    contains(
        lower(concat_ws(' ', name, title_zh, title_en, definition, definition_zh, numerator, denominator, numerators.said, denominators.said)),
        lower($word)
    )
order by catalogue.rowid
