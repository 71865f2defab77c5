"""Files of cells, Parquet and Excel workbooks: their headers and their rows as text."""

import duckdb
import fastexcel
import pyarrow

from . import sql
from .contracts import TableContract
from .files import Batch, Found, check_header
from .textfiles import Unfit


def workbook_header(
    connection: duckdb.DuckDBPyConnection, found: Found, contract: TableContract
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Header of a sheet or a Parquet file, and the columns that the contract does not know.

    Raises:
        Unfit: the file cannot be opened, or its header changed.
    """
    if contract.format == "parquet":
        # A cursor of its own, so that a broken file leaves the transaction of the load alone.
        with connection.cursor() as probe:
            try:
                rows = probe.execute("DESCRIBE FROM read_parquet($1)", [str(found.path)]).fetchall()
            except duckdb.Error as error:
                raise Unfit("the file is no whole Parquet file", "Have it delivered again") from error
        header = tuple(row[0] for row in rows)
    else:
        header = tuple(column.name for column in _sheet(found, contract).selected_columns)
    return header, check_header(header, contract)


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
            f"the workbook cannot be read: {_told(error)}",
            f"Have it delivered again, or name its sheet at {contract.file}:{contract.line}",
        ) from error


def _told(error: fastexcel.FastExcelError) -> str:
    """The line of an error that helps: which sheets there are, else the first."""
    told = str(error).splitlines()
    return next((line.split(": ", 1)[-1] for line in told if "Available sheets" in line), told[0]).rstrip(".")
