-- The figures that are kept get those that came with a table's newest drops (`took`: connections whose answer was taken).
-- A product that a refused row names keeps its figure, and that its age, until a row of it is taken.
create or replace temp table fresh as
select
    regexp_extract(file, '/([a-z][a-z0-9_]*)-[0-9T]+Z[.][a-z]+$', 1) as connection,
    sku, product, place, on_hand, locked, available, in_transfer, changed_at
from canonical.stock
where starts_with(file, getvariable('source') || '/' || getvariable('table_name') || '/')
-- rows of one product at one place in one answer are versions of it: the last one holds
qualify row_number() over (
    partition by connection, sku, place order by changed_at desc nulls last, file desc, record desc
) = 1;

create or replace temp table refused_text as
select regexp_extract(file, '/([a-z][a-z0-9_]*)-[0-9T]+Z[.][a-z]+$', 1) as connection, "row" as text
from meta.quarantine
where source = getvariable('source') and table_name = getvariable('table_name');

-- an answer of which nothing keeps to the contract says nothing
create or replace temp table unfit as
select distinct connection from refused_text anti join fresh using (connection) semi join took using (connection);

delete from took where connection in (from unfit);

create or replace temp table named as
select distinct stock.connection, stock.sku
from kept.stock as stock
join refused_text using (connection)
where contains(refused_text.text, '"' || stock.sku || '"');

-- of a whole answer, what is not in it is gone
delete from kept.stock as stock
using took
where
    stock.connection = took.connection
    and stock.table_name = getvariable('table_name')
    and took.is_whole
    and (stock.connection, stock.sku, stock.place) not in (select (connection, sku, place) from fresh)
    and (stock.connection, stock.sku) not in (select (connection, sku) from named);

-- of changes, one that is older than what is kept came again
delete from fresh
using kept.stock as stock, took
where
    stock.connection = fresh.connection
    and took.connection = fresh.connection
    and not took.is_whole
    and stock.table_name = getvariable('table_name')
    and stock.sku = fresh.sku
    and stock.place = fresh.place
    and stock.changed_at > fresh.changed_at;

delete from kept.stock as stock
using fresh
where
    stock.connection = fresh.connection
    and stock.table_name = getvariable('table_name')
    and stock.sku = fresh.sku
    and stock.place = fresh.place
    and fresh.connection in (select connection from took);

insert into kept.stock by name
select fresh.*, getvariable('table_name') as table_name, took.seen_at, false as is_doubted
from fresh
join took using (connection);

update kept.stock as stock
set is_doubted = true
where
    stock.table_name = getvariable('table_name')
    and (stock.connection, stock.sku) in (select (connection, sku) from named);

update kept.stock as stock
set seen_at = took.seen_at
from took
where stock.connection = took.connection and stock.table_name = getvariable('table_name') and not stock.is_doubted;
