-- Every published table and column with its comment. Of a word: the columns that say it; where only the table does, all of it.
with
    tables as (
        select schema_name, table_name, comment from duckdb_tables() where database_name = 'published'
        union all
        select schema_name, view_name, comment from duckdb_views() where database_name = 'published' and not internal
    ),
    described as (
        select
            tables.schema_name || '.' || tables.table_name as table_name, tables.comment as table_comment, columns.column_name,
            columns.column_index, lower(columns.data_type) as data_type, columns.comment,
            contains(lower(concat_ws(' ', columns.column_name, columns.comment)), lower($word)) as is_said,
            contains(lower(concat_ws(' ', tables.schema_name || '.' || tables.table_name, tables.comment)), lower($word)) as is_said_of_table
        from tables
        inner join
            (select * from duckdb_columns() where database_name = 'published') as columns
            on columns.schema_name = tables.schema_name and columns.table_name = tables.table_name
        where tables.schema_name in ('marts', 'meta')
    )
select
    table_name, in_language(table_comment, $lang) as table_said, column_name, data_type, in_language(comment, $lang) as said, is_said
from described
qualify is_said or (is_said_of_table and not bool_or(is_said) over (partition by table_name))
order by table_name, column_index
