-- The columns of one table of the published file.
select column_name, lower(data_type) as data_type, comment
from duckdb_columns()
where database_name = 'published' and schema_name || '.' || table_name = $table
order by column_index
