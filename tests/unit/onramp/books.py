"""Workbooks as people have them, made here; and what becomes of one, down to the canonical rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from dagster_project import onramp, sources

TODAY = date(2026, 3, 1)
ZONE = "Asia/Shanghai"


def book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """A workbook of plain rows."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        fill(made.create_sheet(name), rows)
    made.save(path)
    return path


def fill(sheet: Worksheet, rows: Sequence[Sequence[Any]]) -> None:
    for row in rows:
        sheet.append(list(row))


@dataclass
class Landed:
    """A workbook that was taken and landed."""

    proposal: onramp.Proposal
    written: onramp.Written
    connection: duckdb.DuckDBPyConnection
    loads: dict[str, sources.Load]

    def taken(self) -> dict[str, str]:
        """What each column is taken for."""
        return {column.name: column.taken.name for _, column in self.proposal.columns if column.taken}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def left_out(self) -> list[tuple[str, int, str]]:
        return [(row.sheet, row.row, row.what) for row in self.written.left_out]

    def quarantined(self) -> list[tuple[str, int]]:
        rows = self.rows("select file, record from meta.quarantine order by file, record")
        return [(self.written.sheets[file], record) for file, record in rows]

    def assert_nothing_is_lost(self) -> None:
        """Rows in = accepted + quarantined + duplicate + those that are no data, in every sheet that is read."""
        read = sum(load.rows_read for load in self.loads.values())
        landed = sum(
            load.rows_accepted + load.rows_quarantined + load.rows_duplicate for load in self.loads.values()
        )
        used = {number for table in self.written.understood.tables for number in table.sheets}
        names = {self.proposal.sheets[number].sheet.name for number in used}
        height = sum(self.proposal.sheets[number].sheet.height for number in used)
        left_out = [row for row in self.written.left_out if row.sheet in names]
        assert read == landed
        assert height == read + len(left_out)


def land(path: Path, folder: Path, changes: Sequence[str] = (), zone: str = ZONE) -> Landed:
    """Takes what is proposed, writes it, and lands it into a database that is thrown away."""
    proposal = onramp.propose(path)
    for said in changes:
        proposal.change(said)
    assert proposal.missing() == []
    written = onramp.write(proposal, folder / "profile", folder / "source", zone, TODAY)
    profile = sources.load_profile(written.profile_dir)
    connection = duckdb.connect()
    connection.execute("set timezone = 'Asia/Shanghai'")
    sources.prepare(connection, profile, written.source_dir)
    loads = {
        table[1]: sources.land(connection, profile, table, written.source_dir, sources.Run(1, "test"))
        for table in profile.tables
    }
    assert not any(load.refused for load in loads.values())
    sources.build_views(connection, profile)
    return Landed(proposal, written, connection, loads)
