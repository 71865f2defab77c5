"""The proposal: a workbook's sheets as tables, what each column is taken for, and what became of every row.

Belongs here: sheets in a throw-away DuckDB and what is decided on them. Names are the business of recognise,
files of write.
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow

from . import reading, recognise
from .header import Header, find
from .reading import Sheet, UnreadableError
from .recognise import Column, Table
from .rows import classify, fill_merged
from .seeds import states, targets
from .sql import quoted
from .values import look_at

PLACED = "orders.placed_at"
ORDER = "orders.order_id"
WAYBILL = "suborders.waybill"
DATA = "_is = 'data'"
_LINES = ("order_lines.sku", "order_lines.ordered_quantity")
_WEAK = 0.9


@dataclass
class SheetRead:
    """A sheet, the header found in it, and why it is not read if it is not."""

    sheet: Sheet
    header: Header | None
    left_out: str = ""


@dataclass
class Proposal:
    """What is proposed for a workbook; `connection` holds `sheet_<n>`: the sheets' rows by the names of their header,
    with `_row`, the row in the sheet, and `_is`, what the row is: data, blank, title, header, total."""

    path: Path
    sheets: list[SheetRead]
    tables: list[Table]
    connection: duckdb.DuckDBPyConnection
    remarks: list[str] = field(default_factory=list)

    @property
    def columns(self) -> list[tuple[Table, Column]]:
        """All columns of all tables, as they are numbered for a person."""
        return [(table, column) for table in self.tables for column in table.columns]

    def table_with(self, *wanted: str) -> Table | None:
        """The first table that has all of these targets."""
        return next((table for table in self.tables if all(map(table.has, wanted))), None)

    def change(self, said: str) -> None:
        """Takes a person's word: `7=events.delivered`, `下单日期=orders.placed_at`, `7=-` for nothing.

        Raises:
            UnreadableError: no such column, or none of ours of this name.
        """
        which, _, target = (part.strip() for part in said.rpartition("="))
        chosen = [
            (table, column)
            for number, (table, column) in enumerate(self.columns, 1)
            if which in (str(number), column.name)
        ]
        if not chosen:
            raise UnreadableError(f"there is no column {which!r}. Name one by its number or its header.")
        if target not in ("-", *targets()):
            raise UnreadableError(f"{target!r} is none of ours. Write - or one of: {', '.join(targets())}")
        for table, column in chosen:
            for other in table.columns:
                if target != "personal" and other.target == target:
                    other.target, other.why = None, "given to another column"
            column.target = None if target == "-" else target
            column.sureness, column.why, column.by_hand = 1.0, "as you said", True
        _name_tables(self)

    def missing(self) -> list[str]:
        """What must be known and is in no column: without it there is nothing to count."""
        if self.table_with(ORDER, PLACED):
            return []
        return [
            f"{targets()[target].title} ({target})"
            for target in (ORDER, PLACED)
            if not self.table_with(target)
        ] or ["a sheet with both the order number and when it was ordered"]


def propose(path: Path) -> Proposal:
    """Reads a workbook and proposes what its columns are.

    Raises:
        UnreadableError: no file, no workbook, or no sheet with a header that we know.
    """
    sheets = [SheetRead(sheet, find(sheet)) for sheet in reading.read(path)]
    proposal = Proposal(path, sheets, [], duckdb.connect())
    by_names: dict[tuple[str, ...], Table] = {}
    for number, read in enumerate(sheets):
        sheet = read.sheet
        if sheet.is_hidden:
            read.left_out = f"hidden, its {sheet.height:,} rows are not read: unhide it to have it read"
        elif read.header is None:
            read.left_out = "no header with two names that we know in its first 60 rows"
        if read.left_out or read.header is None:
            continue
        names = _load(proposal.connection, number, read, read.header)
        key = tuple(sorted(names))
        by_names.setdefault(key, Table([], names)).sheets.append(number)
        _remark(proposal, read)
    proposal.tables = list(by_names.values())
    if not proposal.tables:
        told = "; ".join(f"{read.sheet.name}: {read.left_out}" for read in sheets)
        raise UnreadableError(
            f"{path.name} is not understood: {told}. A header must name at least the order number and when it was"
            " ordered, as 订单号 and 下单时间, or order number and order date."
        )
    for table in proposal.tables:
        relation = rows_of(table, DATA)
        for name in table.names:
            values = look_at(proposal.connection, f"({relation})", quoted(name), list(states()))
            table.columns.append(Column(name, values))
        recognise.assign(table.columns)
    _only_one_order_date(proposal.tables)
    _name_tables(proposal)
    return proposal


def rows_of(table: Table, where: str) -> str:
    """A query over the rows of all sheets of a table."""
    return " union all by name ".join(
        f"select * from sheet_{number} where {where}" for number in table.sheets
    )


def _load(
    connection: duckdb.DuckDBPyConnection, number: int, read: SheetRead, header: Header
) -> tuple[str, ...]:
    """A sheet as a table named by its header, every row told apart by what it is; hands back the columns."""
    fill_merged(read.sheet, header)
    columns, names = {}, []
    for at, cells in enumerate(read.sheet.columns):
        name = header.names[at]
        below = cells.slice(header.last)
        if name is None and below.null_count == len(below):
            continue
        # a column of values without a name is kept, and may be named by a person
        name = name or f"column {at + 1}"
        names.append(name)
        columns[name] = cells
    connection.register("sheet_cells", pyarrow.table({"_row": range(1, read.sheet.height + 1), **columns}))
    connection.execute(f"create table sheet_{number} as from sheet_cells")
    connection.unregister("sheet_cells")
    classify(connection, f"sheet_{number}", header, names)
    return tuple(names)


def _remark(proposal: Proposal, read: SheetRead) -> None:
    errors = read.sheet.errors
    if errors:
        proposal.remarks.append(
            f"{read.sheet.name}: {len(errors):,} cells hold a failed formula, {errors[0]} the first;"
            " they are read as empty"
        )


def _only_one_order_date(tables: list[Table]) -> None:
    """A plain 'date' is the order's only where no table says so outright."""
    dated = [column for table in tables if (column := table.column(PLACED))]
    if any(column.sureness >= _WEAK for column in dated):
        for column in dated:
            if column.sureness < _WEAK:
                column.target, column.sureness = None, 0.0
                column.why = "another table says outright when orders were placed"


def _name_tables(proposal: Proposal) -> None:
    """What a table holds names it: orders, lines, shipments."""
    taken: dict[str, int] = {}
    for table in proposal.tables:
        if table.has(PLACED) and table.has(ORDER):
            name = "orders"
        elif table.has(*_LINES):
            name = "lines"
        elif table.has("events.delivered", "events.outbound", "events.picked_up", WAYBILL):
            name = "shipments"
        else:
            name = "table"
        taken[name] = taken.get(name, 0) + 1
        table.name = name if taken[name] == 1 else f"{name}_{taken[name]}"


def links(proposal: Proposal) -> list[str]:
    """Tables whose order numbers are not those of the orders, as when one of them lost its leading zeros."""
    orders = next((table for table in proposal.tables if table.has(ORDER) and table.has(PLACED)), None)
    said = []
    for table in proposal.tables:
        mine, theirs = table.column(ORDER), orders.column(ORDER) if orders else None
        if orders is None or theirs is None or mine is None or table.has(PLACED):
            continue
        row = proposal.connection.execute(
            f"""
            with mine as (select distinct trim({quoted(mine.name)}) as number from ({rows_of(table, DATA)})),
            theirs as (select distinct trim({quoted(theirs.name)}) as number from ({rows_of(orders, DATA)}))
            select count(*), count(*) filter (number in (select number from theirs)),
                count(*) filter (ltrim(number, '0') in (select ltrim(number, '0') from theirs))
            from mine where number <> ''
            """
        ).fetchone()
        if row and row[1] < row[0]:
            told = f"{row[0] - row[1]:,} of the {row[0]:,} order numbers of {sheet_names(proposal, table)}"
            zeros = (
                "; without leading zeros more of them would be: keep that column as text"
                if row[2] > row[1]
                else ""
            )
            said.append(f"{told} are not in {sheet_names(proposal, orders)}{zeros}")
    return said


def is_of_use(table: Table) -> bool:
    """Whether a table says anything of orders: their number, or a waybill by which they are found."""
    return table.has(ORDER, WAYBILL) and len(table.targets) > 1


def sheet_names(proposal: Proposal, table: Table) -> str:
    return ", ".join(proposal.sheets[number].sheet.name for number in table.sheets)
