-- What lies in the published file: its tables and views, with how many rows there are about and what they hold.
select name, about_rows, in_language(comment, $lang) as comment
from (
    select schema_name, schema_name || '.' || table_name as name, estimated_size as about_rows, comment
    from duckdb_tables()
    where database_name = 'published'
    union all
    select schema_name, schema_name || '.' || view_name, null, comment
    from duckdb_views()
    where database_name = 'published' and not internal
)
order by case schema_name when 'marts' then 1 when 'meta' then 2 else 3 end, name
