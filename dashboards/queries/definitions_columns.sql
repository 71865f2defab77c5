-- Every published table and column with its comment; of a word, the columns that say it, and all of a table that does.
with
    tables as (
        select schema_name, table_name, comment from duckdb_tables() where database_name = 'published'
        union all
        select schema_name, view_name, comment from duckdb_views() where database_name = 'published' and not internal
    )
select
    tables.schema_name || '.' || tables.table_name as table_name, in_language(tables.comment, $lang) as table_said,
    columns.column_name, lower(columns.data_type) as data_type, in_language(columns.comment, $lang) as said
from tables
inner join
    (select * from duckdb_columns() where database_name = 'published') as columns
    on columns.schema_name = tables.schema_name and columns.table_name = tables.table_name
where
    tables.schema_name in ('marts', 'meta')
    and contains(
        lower(concat_ws(' ', tables.schema_name || '.' || tables.table_name, tables.comment, columns.column_name, columns.comment)),
        lower($word)
    )
order by tables.schema_name, tables.table_name, columns.column_index
