-- The columns of one table of the published file.
select column_name, replace(lower(data_type), 'timestamp with time zone', 'timestamptz') as data_type,
    in_language(comment, $lang) as comment
from duckdb_columns()
where database_name = 'published' and schema_name || '.' || table_name = $table
order by column_index
