"""A proposal that is taken, as files: the drops with every row of the workbook in its place, and the profile that says
what they mean."""

import re
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from . import rows
from .profile import write_csv, write_profile
from .proposal import DATA, ORDER, WAYBILL, Proposal
from .recognise import Table
from .seeds import PERSONAL
from .sql import quoted, text
from .understood import SOURCE, Understood

_SPARSE = 0.2


@dataclass(frozen=True)
class LeftOut:
    """A row of a sheet that is no row of a table: where, what it is, and its text."""

    sheet: str
    row: int
    what: str
    text: str


@dataclass
class Written:
    """What was written: the profile's folder, the drops' folder, the rows handed on by table, and those left out;
    `sheets` names the sheet of each drop."""

    profile_dir: Path
    source_dir: Path
    understood: Understood
    rows: dict[str, int] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def write(proposal: Proposal, profile_dir: Path, source_dir: Path, zone: str, today: date) -> Written:
    """Writes drops and profile anew; the folders' earlier content goes.

    Args:
        today: the day of the import: nothing can have happened after it.
    """
    understood = Understood(proposal, zone)
    written = Written(profile_dir, source_dir, understood)
    for folder in (profile_dir, source_dir / SOURCE):
        shutil.rmtree(folder, ignore_errors=True)
    for table in understood.tables:
        _settle_rows(proposal, table, written)
    for number, read in enumerate(proposal.sheets):
        if not read.left_out:
            written.left_out += _left_out(proposal, number)
    for table in understood.tables:
        _write_drops(proposal, table, source_dir, written)
    write_profile(understood, profile_dir, today)
    write_csv(
        profile_dir / "left_out.csv",
        ["sheet", "row", "what", "text"],
        [[row.sheet, row.row, row.what, row.text] for row in written.left_out],
    )
    return written


def _settle_rows(proposal: Proposal, table: Table, written: Written) -> None:
    """Notes are told from data now that the columns are known; an order named once holds for the rows below it."""
    identity = [column.name for target in (ORDER, WAYBILL) if (column := table.column(target))]
    order = table.column(ORDER)
    empty = 1 - order.values.filled / max(1, order.values.rows) if order else 0.0
    mapped = [column.name for column in table.columns if column.taken and column.taken.name != PERSONAL]
    for number in table.sheets:
        if order and empty >= _SPARSE and not table.has(WAYBILL):
            names = [column.name for column in table.columns]
            below = rows.fill_down(proposal.connection, f"sheet_{number}", order.name, names)
            name = proposal.sheets[number].sheet.name
            written.remarks.append(
                f"{name}: {below:,} rows without an order number are taken as further rows of the order above them"
            )
        rows.mark_notes(proposal.connection, f"sheet_{number}", identity, mapped, list(table.names))


def _left_out(proposal: Proposal, number: int) -> list[LeftOut]:
    names = [row[0] for row in proposal.connection.execute(f"describe sheet_{number}").fetchall()]
    listed = ", ".join(quoted(name) for name in names if name not in ("_row", "_is"))
    cells = f"array_to_string(list_filter([{listed}], lambda cell: cell is not null), ' | ')"
    found = proposal.connection.execute(
        f"select _row, _is, left({cells}, 200) from sheet_{number} where not {DATA} order by _row"
    ).fetchall()
    return [LeftOut(proposal.sheets[number].sheet.name, *row) for row in found]


def _write_drops(proposal: Proposal, table: Table, source_dir: Path, written: Written) -> None:
    """A sheet a file, row by row as it stands, so that a record's number is its row in the sheet."""
    folder = source_dir / SOURCE / table.name
    folder.mkdir(parents=True)
    cells = ", ".join(f"case when {DATA} then {quoted(name)} end as {quoted(name)}" for name in table.names)
    for number in table.sheets:
        name = re.sub(r"[^\w-]+", "_", proposal.sheets[number].sheet.name)
        path = folder / f"{name}.parquet"
        if path.exists():
            path = folder / f"{name}_{number}.parquet"
        written.sheets[path.relative_to(source_dir).as_posix()] = proposal.sheets[number].sheet.name
        query = f"select {cells} from sheet_{number} order by _row"
        proposal.connection.execute(f"copy ({query}) to {text(str(path))} (format parquet)")
        row = proposal.connection.execute(f"select count(*) from sheet_{number} where {DATA}").fetchone()
        written.rows[table.name] = written.rows.get(table.name, 0) + (row[0] if row else 0)
