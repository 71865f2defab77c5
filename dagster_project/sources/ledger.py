"""The books of landing: meta.files and meta.loads.

Belongs here: reading and writing them. What is written is decided in landing, the tables are made in tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.sentences import Sentence, listed, say, say_in_sql

from .contracts import TableContract
from .files import Found, Inspected, Refusal
from .volume import Sized


@dataclass(frozen=True)
class Run:
    """The run that lands: its number (the `_load_seq` of what it writes) and id."""

    number: int
    id: str


@dataclass(frozen=True)
class Load:
    """What one run landed of one source table; rows_read = rows_accepted + rows_quarantined + rows_duplicate.

    `relanded`: a file that had been landed was replaced, so the whole table was emptied and landed anew.
    """

    source: str
    table_name: str
    files: int = 0
    files_refused: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    refused: tuple[Refusal, ...] = ()
    relanded: bool = False

    def plus(self, other: "Load") -> "Load":
        """Both counts together."""
        return replace(
            self,
            files=self.files + other.files,
            rows_read=self.rows_read + other.rows_read,
            rows_accepted=self.rows_accepted + other.rows_accepted,
            rows_quarantined=self.rows_quarantined + other.rows_quarantined,
            rows_duplicate=self.rows_duplicate + other.rows_duplicate,
        )


@dataclass(frozen=True)
class Seen:
    """A file as meta.files knows it. Settled: landed or known by its content, so not to be read again
    unchanged."""

    file: str
    status: str
    sha256: str | None
    bytes: int
    modified_ns: int
    recorded_at: datetime

    @property
    def is_settled(self) -> bool:
        return self.status in ("loaded", "same_content")

    @property
    def rank(self) -> tuple[datetime, str]:
        """As Found.rank."""
        return (self.recorded_at, self.file)


def known_files(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> dict[str, Seen]:
    """The files of a table that earlier runs saw, by name."""
    rows = connection.execute(
        """
        SELECT file, status, sha256, bytes, modified_ns, file_recorded_at FROM meta.files
        WHERE source = $1 AND table_name = $2
        """,
        [contract.source, contract.name],
    ).fetchall()
    return {row[0]: Seen(row[0], row[1], row[2], row[3], row[4], row[5].astimezone(UTC)) for row in rows}


def require_loaded_files(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, source_dir: Path, why: str
) -> None:
    """Landing anew must not lose the rows of files that are no longer there.

    Raises:
        FileNotFoundError: one is gone.
    """
    known = known_files(connection, contract).values()
    loaded = sorted(seen.file for seen in known if seen.status == "loaded")
    gone = [file for file in loaded if not (source_dir / file).is_file()]
    if gone:
        raise FileNotFoundError(
            f"{contract.source}.{contract.name} must land anew, for {why}, but {len(gone)} files that were loaded"
            f" are no longer below {source_dir}, {gone[0]} among them. Bring them back (make restore FROM=<backup>"
            " ONLY=source)."
        )


def landed_sizes(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> list[Sized]:
    """The landed files of a table with their rows, for judging what is usual."""
    rows = connection.execute(
        """
        SELECT file, drop_date, rows_read, is_vouched FROM meta.files
        WHERE source = $1 AND table_name = $2 AND status = 'loaded'
        """,
        [contract.source, contract.name],
    ).fetchall()
    return [Sized(*row) for row in rows]


def forget_files(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, files: Sequence[str]
) -> None:
    """Takes files off the books that never gave a row and are no longer there."""
    connection.execute(
        "DELETE FROM meta.files"
        " WHERE source = $1 AND table_name = $2 AND file IN (SELECT unnest($3::VARCHAR[]))",
        [contract.source, contract.name, list(files)],
    )


def touch_file(connection: duckdb.DuckDBPyConnection, contract: TableContract, found: Found) -> None:
    """Notes that a landed file has the same content under a new time."""
    connection.execute(
        """
        UPDATE meta.files
        SET bytes = $4, modified_ns = $5, reason = NULL, reason_zh = NULL, remedy = NULL, remedy_zh = NULL
        WHERE source = $1 AND table_name = $2 AND file = $3
        """,
        [contract.source, contract.name, found.file, found.bytes, found.modified_ns],
    )


def write_refusal(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    contract: TableContract,
    found: Found,
    refusal: Refusal,
    was_landed: bool,
) -> None:
    """One row in meta.files for a refused file; where an earlier copy was landed, that one's row gets the
    reason."""
    if was_landed:
        connection.execute(
            "UPDATE meta.files SET reason = $4, reason_zh = $5, remedy = $6, remedy_zh = $7"
            " WHERE source = $1 AND table_name = $2 AND file = $3",
            [
                *(contract.source, contract.name, found.file),
                *(refusal.reason, refusal.reason.zh, refusal.remedy, refusal.remedy.zh),
            ],
        )
        return
    entry = _Entry(found, "refused", reason=refusal.reason, remedy=refusal.remedy)
    _write(connection, run, contract, [entry])


def write_copies(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    contract: TableContract,
    copies: Sequence[tuple[Inspected, str]],
) -> None:
    """Rows in meta.files for files with the content of another, named beside each."""
    entries = [
        _Entry(fit.found, "same_content", fit.sha256, reason=say("same_content", file=holder))
        for fit, holder in copies
    ]
    _write(connection, run, contract, entries)


def write_loaded(
    connection: duckdb.DuckDBPyConnection,
    run: Run,
    contract: TableContract,
    files: Sequence[tuple[Inspected, int]],
) -> None:
    """Rows in meta.files for the files of a batch with their rows; one that held the same content under a
    larger name steps back."""
    same = say_in_sql("same_content", file="held.file")
    connection.execute(
        f"""
        UPDATE meta.files
        SET status = 'same_content', reason = {same}, reason_zh = {same.zh}, rows_read = NULL
        FROM (SELECT unnest($3::VARCHAR[]) AS file, unnest($4::VARCHAR[]) AS sha256) AS held
        WHERE source = $1 AND table_name = $2 AND files.sha256 = held.sha256 AND files.file <> held.file
            AND status = 'loaded'
        """,
        [
            contract.source,
            contract.name,
            [fit.found.file for fit, _ in files],
            [fit.sha256 for fit, _ in files],
        ],
    )
    entries = []
    for fit, rows in files:
        extra = say("extra_columns", names=listed(fit.extra)) if fit.extra else None
        vouched = fit.has_manifest or fit.is_released or contract.volume_varies
        entries.append(_Entry(fit.found, "loaded", fit.sha256, rows, extra, is_vouched=vouched))
    _write(connection, run, contract, entries)


def write_load(connection: duckdb.DuckDBPyConnection, run: Run, load: Load, started_at: datetime) -> None:
    """The load of a run in meta.loads; a second try of the same run is added to the first."""
    key = [run.number, load.source, load.table_name]
    where = "WHERE run_number = $1 AND source = $2 AND table_name = $3"
    counts = (load.files, load.rows_read, load.rows_accepted, load.rows_quarantined, load.rows_duplicate)
    before = connection.execute(
        "SELECT files, rows_read, rows_accepted, rows_quarantined, rows_duplicate, started_at"
        f" FROM meta.loads {where}",
        key,
    ).fetchone()
    if before:
        counts = tuple(old + new for old, new in zip(before[:5], counts, strict=True))
        started_at = before[5]
        connection.execute(f"DELETE FROM meta.loads {where}", key)
    connection.execute(
        "INSERT INTO meta.loads VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [
            run.number,
            run.id,
            *key[1:],
            counts[0],
            load.files_refused,
            *counts[1:],
            started_at,
            datetime.now(UTC),
        ],
    )


@dataclass(frozen=True)
class _Entry:
    """A row of meta.files to be written."""

    found: Found
    status: str
    sha256: str | None = None
    rows: int | None = None
    reason: Sentence | None = None
    remedy: Sentence | None = None
    is_vouched: bool = False


def _write(
    connection: duckdb.DuckDBPyConnection, run: Run, contract: TableContract, entries: Sequence[_Entry]
) -> None:
    """Replaces the rows of these files; one statement for all, as a first night brings thousands."""
    if not entries:
        return
    key = [contract.source, contract.name]
    files = [entry.found.file for entry in entries]
    forget_files(connection, contract, files)
    connection.execute(
        """
        INSERT INTO meta.files
        SELECT $1, $2, unnest($4::VARCHAR[]), left(unnest($5::VARCHAR[]), 16), $3, unnest($6::BIGINT[]),
            unnest($7::VARCHAR[]), unnest($8::VARCHAR[]), unnest($9::VARCHAR[]), unnest($10::TIMESTAMPTZ[]),
            now(), unnest($11::DATE[]), unnest($12::BIGINT[]), unnest($13::BIGINT[]), unnest($5::VARCHAR[]),
            unnest($14::BOOLEAN[]), unnest($15::VARCHAR[]), unnest($16::VARCHAR[])
        """,
        [
            *key,
            run.number,
            files,
            [entry.sha256 for entry in entries],
            [entry.rows for entry in entries],
            [entry.status for entry in entries],
            [entry.reason for entry in entries],
            [entry.remedy for entry in entries],
            [entry.found.recorded_at for entry in entries],
            [entry.found.drop_date for entry in entries],
            [entry.found.bytes for entry in entries],
            [entry.found.modified_ns for entry in entries],
            [entry.is_vouched for entry in entries],
            [entry.reason and entry.reason.zh for entry in entries],
            [entry.remedy and entry.remedy.zh for entry in entries],
        ],
    )
