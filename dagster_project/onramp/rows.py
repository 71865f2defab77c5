"""What a row of a sheet is: data, or a title, a header, a blank row, a total, a note; every row is one of them.

Belongs here: rows. Columns are the business of recognise.
"""

import duckdb

from .header import Header
from .reading import Sheet, texts
from .seeds import words
from .sql import quoted

_ID = r"[^\s::]{1,64}"


def fill_merged(sheet: Sheet, header: Header) -> None:
    """Cells merged downwards below the header hold their value in every row."""
    filled: dict[int, list[str | None]] = {}
    for merge in sheet.merges:
        if merge.last_row <= header.last or merge.first_row == merge.last_row:
            continue
        if merge.first_column != merge.last_column or merge.first_column >= len(sheet.columns):
            continue
        if merge.first_column not in filled:
            filled[merge.first_column] = sheet.columns[merge.first_column].to_pylist()
        cells = filled[merge.first_column]
        for row in range(merge.first_row, min(merge.last_row, len(cells))):
            cells[row] = cells[merge.first_row - 1]
    for at, cells in filled.items():
        sheet.columns[at] = texts(cells)


def classify(connection: duckdb.DuckDBPyConnection, table: str, header: Header, names: list[str]) -> None:
    """Adds `_is` to a sheet's rows, by what can be told before its columns are known."""
    cells = ", ".join(f"trim({quoted(name)})" for name in names)
    connection.execute(f"alter table {table} add column _is varchar")
    connection.execute(
        f"""
        update {table} set _is = case
            when _row < $first then case when len(filled) = 0 then 'blank' else 'title' end
            when _row <= $last then 'header'
            when len(filled) = 0 then 'blank'
            when filled = (select list_filter([{cells}], lambda cell: cell <> '') from {table} where _row = $last)
                then 'header'
            when list_contains($equal, first_cell)
                or len(list_filter($prefixes, lambda word: starts_with(first_cell, word))) > 0
                or len(list_filter($suffixes, lambda word: ends_with(first_cell, word))) > 0 then 'total'
            else 'data'
        end
        from (
            select
                _row as at, list_filter([{cells}], lambda cell: cell <> '') as filled,
                lower(regexp_replace(filled[1], '[\\s::]+', '', 'g')) as first_cell
            from {table}
        ) as looked
        where looked.at = {table}._row
        """,
        {
            "first": header.first,
            "last": header.last,
            "equal": [word.replace(" ", "") for word in words("total")],
            # a word of Chinese may have a name before or a figure behind it; 'sum' may begin an order's number
            "prefixes": [word for word in words("total") if not word.isascii()],
            "suffixes": [word for word in words("total") if not word.isascii()],
        },
    )


def mark_notes(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    identity: list[str],
    mapped: list[str],
    names: list[str],
) -> None:
    """Marks data rows that are no rows of the table: nothing in what we use, or a sentence where a number belongs.

    Args:
        identity: the columns that name an order or a waybill.
        mapped: all columns that are used.
    """
    filled_mapped = f"len(list_filter([{', '.join(map(quoted, mapped))}], lambda cell: trim(cell) <> ''))"
    filled = f"len(list_filter([{', '.join(map(quoted, names))}], lambda cell: trim(cell) <> ''))"
    named = " or ".join(f"regexp_full_match(trim({quoted(name)}), '{_ID}')" for name in identity)
    last = connection.execute(
        f"select max(_row) from {table} where _is = 'data' and coalesce({named}, false) and {filled_mapped} > 1"
    ).fetchone()
    connection.execute(
        f"""
        update {table} set _is = 'note'
        where _is = 'data' and (
            {filled_mapped} = 0
            or ({filled} = 1 and not coalesce({named}, false))
            or (_row > $1 and not coalesce({named}, false))
        )
        """,
        [last[0] if last and last[0] else 0],
    )


def fill_down(connection: duckdb.DuckDBPyConnection, table: str, order: str, names: list[str]) -> int:
    """An order that is named in its first row only: the rows below without a name are its own. Every column that is
    empty in nearly all of those rows is the order's and holds for them; hands back the number of such rows."""
    is_below = f"_is = 'data' and nullif(trim({quoted(order)}), '') is null"
    are_figures = " and ".join(
        f"coalesce(regexp_full_match(trim({quoted(name)}), '[0-9., ]*'), true)" for name in names
    )
    # nothing but figures below the last order: a total without its word
    connection.execute(f"update {table} set _is = 'total' where {is_below} and {are_figures}")
    counted = ", ".join(f"count({quoted(name)})" for name in names)
    row = connection.execute(f"select count(*), {counted} from {table} where {is_below}").fetchone()
    assert row is not None
    below = int(row[0])
    given_once = [name for name, filled in zip(names, row[1:], strict=True) if filled <= 0.05 * below]
    group = f"count(nullif(trim({quoted(order)}), '')) over (order by _row)"
    filled = ", ".join(
        f"coalesce({quoted(name)}, first_value({quoted(name)}) over (partition by _order_group order by _row))"
        f" as {quoted(name)}"
        for name in given_once
    )
    connection.execute(
        f"""
        create or replace temp table filled_down as
        select * replace ({filled}) from (select *, {group} as _order_group from {table} where _is = 'data')
        where _order_group > 0
        """
    )
    sets = ", ".join(f"{quoted(name)} = filled_down.{quoted(name)}" for name in given_once)
    connection.execute(f"update {table} set {sets} from filled_down where filled_down._row = {table}._row")
    return below
