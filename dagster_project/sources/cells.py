"""Files of cells, Parquet and Excel workbooks: their headers, and their rows as text or, where a Parquet file's
own types are the contract's, as they are.
"""

import duckdb
import fastexcel
import pyarrow

from dagster_project.sentences import say

from . import sql, typed
from .contracts import Column, TableContract
from .files import Batch, Found, check_header
from .textfiles import Unfit

_WHOLE_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_OWN_TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP"}
_OWN_TYPES["instant"] = "TIMESTAMP WITH TIME ZONE"
_TIMES = {"date": "DATE", "timestamp": "TIMESTAMP", "instant": "TIMESTAMPTZ"}
_ROW_BITS = 40  # a file has fewer rows than 2 to this power


def read_header(
    connection: duckdb.DuckDBPyConnection, found: Found, contract: TableContract
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Header of a sheet or a Parquet file, the columns that the contract does not know, and the file's own types if
    they are the contract's.

    Raises:
        Unfit: the file cannot be opened, or its header changed.
    """
    if contract.format == "xlsx":
        header = tuple(column.name for column in _sheet(found, contract).selected_columns)
        return header, check_header(header, contract), ()
    # A cursor of its own, so that a broken file leaves the transaction of the load alone.
    with connection.cursor() as probe:
        try:
            rows = probe.execute("DESCRIBE FROM read_parquet($1)", [str(found.path)]).fetchall()
            types = {row[0]: row[1] for row in rows}
            extra = check_header(tuple(types), contract)
            is_typed = _has_own_types(contract, types) and _has_told_times(probe, found, contract)
        except duckdb.Error as error:
            raise Unfit(say("not_parquet"), say("again")) from error
    return tuple(types), extra, tuple(types.values()) if is_typed else ()


def typed_rows(contract: TableContract, batch: Batch, where: str) -> str:
    """A query over Parquet files that bring the contract's types: no text in between, nothing staged.

    Gives what `Staging._typed_rows` gives of text; `"_t.<column>"` of a column that is no text is computed only
    where a refused row asks for it.
    """
    files = ", ".join(sql.text(str(file.found.path)) for file in batch.files)
    columns = contract.columns
    raws = ", ".join(f"{sql.name(column.name)} AS {sql.name(f'_raw.{column.name}')}" for column in columns)
    parts = ", ".join(f"CAST({sql.name(name)} AS VARCHAR)" for name in batch.field_names)
    cells = []
    for column in columns:
        raw, text = sql.name(f"_raw.{column.name}"), typed.text_column(column)
        if column.type == "text":
            cells.append(f"{typed.normalised(raw, contract)} AS {text}, {text} AS {sql.name(column.name)}")
        else:
            value = typed.instant(raw, column.zone) if column.type == "timestamp" else raw
            cells.append(
                f"CAST({raw} AS VARCHAR) AS {text}, CAST({value} AS {column.sql_type}) AS {sql.name(column.name)}"
            )
    return f"""
        SELECT position AS _position, file_index AS _file_index, record AS _record, line AS _line,
            parts AS _parts, broken AS _broken, {", ".join(cells)}
        FROM (
            SELECT (CAST(file_index AS BIGINT) << {_ROW_BITS}) + file_row_number AS position,
                CAST(file_index AS INTEGER) AS file_index, file_row_number + 1 AS record,
                NULL AS line, [{parts}] AS parts, CAST(NULL AS VARCHAR) AS broken, {raws}
            FROM read_parquet([{files}]) WHERE {_is_given(contract, batch)}
        ) WHERE {where}"""


def _is_given(contract: TableContract, batch: Batch) -> str:
    """The condition of a row with any value, what is cheap to ask asked first: mostly that is enough."""
    plain = [column.name for column in contract.columns if column.type != "text"]
    others = [name for name in batch.field_names if name not in plain]
    conditions = [f"{sql.name(name)} IS NOT NULL" for name in plain]
    conditions += [f"trim(CAST({sql.name(name)} AS VARCHAR)) <> ''" for name in others]
    return " OR ".join(conditions)


def stage_cells(connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: Batch) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE staged_rows (file_index INTEGER, record BIGINT, parts VARCHAR[])"
    )
    for index, file in enumerate(batch.files):
        if contract.format == "parquet":
            described = connection.execute(
                "DESCRIBE FROM read_parquet($1)", [str(file.found.path)]
            ).fetchall()
            types = {row[0]: row[1] for row in described}
            cells = ", ".join(_as_text(sql.name(name), types[name]) for name in batch.field_names)
            connection.execute(
                f"INSERT INTO staged_rows SELECT $1, file_row_number + 1, [{cells}]"
                " FROM read_parquet($2, file_row_number = true)",
                [index, str(file.found.path)],
            )
        else:
            connection.register("staged_sheet", pyarrow.table(_sheet(file.found, contract)))
            cells = ", ".join(sql.name(name) for name in batch.field_names)
            connection.execute(
                f"INSERT INTO staged_rows SELECT $1, row_number() OVER () + 1, [{cells}] FROM staged_sheet",
                [index],
            )
            connection.unregister("staged_sheet")
    connection.execute(
        "DELETE FROM staged_rows WHERE len(list_filter(parts, lambda part: trim(part) <> '')) = 0"
    )


def _has_own_types(contract: TableContract, types: dict[str, str]) -> bool:
    """Whether a Parquet file's types are the contract's, and no value may be one of its null words."""
    may_be_null = any(character.isdigit() for word in contract.nulls for character in word)
    return not may_be_null and all(_is_own_type(column, types[column.name]) for column in contract.columns)


def _has_told_times(connection: duckdb.DuckDBPyConnection, found: Found, contract: TableContract) -> bool:
    """Whether all times of a Parquet file lie in the years that text tells; infinity is none, and no model's either."""
    beyond = []
    for column in contract.columns:
        if kind := _TIMES.get(column.type):
            first, end = (f"{kind} '{day} 00:00:00+00'" for day in ("0001-01-01", "10000-01-01"))
            beyond.append(f"{sql.name(column.name)} < {first} OR {sql.name(column.name)} >= {end}")
    query = f"SELECT 1 FROM read_parquet($1) WHERE {' OR '.join(beyond) or 'false'} LIMIT 1"
    return not connection.execute(query, [str(found.path)]).fetchall()


def _is_own_type(column: Column, type_: str) -> bool:
    if column.type == "integer":
        return type_ in _WHOLE_NUMBERS
    return type_ == (column.sql_type if column.type == "decimal" else _OWN_TYPES.get(column.type))


def _as_text(column: str, type_: str) -> str:
    """A Parquet value as text, independent of the session's zone."""
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f') || '+00'"
    return f"CAST({column} AS VARCHAR)"


def _sheet(found: Found, contract: TableContract) -> fastexcel.ExcelSheet:
    """A sheet with every cell as text: a guessed type would turn 'n/a' into null without a word."""
    try:
        return fastexcel.read_excel(found.path).load_sheet(contract.sheet or 0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise Unfit(
            say("not_workbook", told=_told(error)),
            say("again_or_sheet", place=f"{contract.file}:{contract.line}"),
        ) from error


def _told(error: fastexcel.FastExcelError) -> str:
    """The line of an error that helps: which sheets there are, else the first."""
    told = str(error).splitlines()
    return next((line.split(": ", 1)[-1] for line in told if "Available sheets" in line), told[0]).rstrip(".")
