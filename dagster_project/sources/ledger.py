"""The books of landing: meta.files, meta.loads, meta.quarantine and the landed tables themselves.

Belongs here: creating, reading and writing them. What is written is decided in landing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb

from . import sql
from .contracts import TableContract
from .files import Found, Inspected, Refusal
from .volume import Sized

if TYPE_CHECKING:
    from .landing import Load, Run
    from .profile import Profile

_SCHEMAS = ("meta", "landing", "canonical", "reference")
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS meta.loads (
        run_number BIGINT, run_id VARCHAR, source VARCHAR, table_name VARCHAR, files BIGINT, files_refused BIGINT,
        rows_read BIGINT, rows_accepted BIGINT, rows_quarantined BIGINT, rows_duplicate BIGINT,
        started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.files (
        source VARCHAR, table_name VARCHAR, file VARCHAR, load_id VARCHAR, run_number BIGINT, rows_read BIGINT,
        status VARCHAR, reason VARCHAR, remedy VARCHAR, file_recorded_at TIMESTAMPTZ, loaded_at TIMESTAMPTZ,
        drop_date DATE, bytes BIGINT, modified_ns BIGINT, sha256 VARCHAR, is_vouched BOOLEAN)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.quarantine (
        source VARCHAR, table_name VARCHAR, reason VARCHAR, "row" VARCHAR, file VARCHAR, record BIGINT,
        load_id VARCHAR, run_number BIGINT, run_id VARCHAR, loaded_at TIMESTAMPTZ)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.contracts (source VARCHAR, table_name VARCHAR, fingerprint VARCHAR)
    """,
)


@dataclass(frozen=True)
class Seen:
    """A file as meta.files knows it. Settled: landed or known by its content, so not to be read again unchanged."""

    file: str
    status: str
    sha256: str | None
    bytes: int
    modified_ns: int
    recorded_at: datetime

    @property
    def is_settled(self) -> bool:
        return self.status in ("loaded", "same_content")

    def rank(self, is_by_file: bool) -> tuple[datetime, str] | tuple[str]:
        return (self.recorded_at, self.file) if is_by_file else (self.file,)


def prepare(connection: duckdb.DuckDBPyConnection, profile: "Profile") -> None:
    """Creates what landing writes to, where missing. A table whose contract changed is emptied, to land anew."""
    connection.begin()
    try:
        for schema in _SCHEMAS:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for statement in _TABLES:
            connection.execute(statement)
        known = {
            (source, table): fingerprint
            for source, table, fingerprint in connection.execute("FROM meta.contracts").fetchall()
        }
        for contract in profile.contracts:
            fingerprint = _fingerprint(contract, profile)
            landed = sql.landed_name(contract.source, contract.name)
            if known.get((contract.source, contract.name)) != fingerprint:
                connection.execute(f"DROP TABLE IF EXISTS {landed}")
                _forget(connection, contract)
                connection.execute(
                    "DELETE FROM meta.contracts WHERE source = $1 AND table_name = $2",
                    [contract.source, contract.name],
                )
                connection.execute(
                    "INSERT INTO meta.contracts VALUES ($1, $2, $3)",
                    [contract.source, contract.name, fingerprint],
                )
            connection.execute(create_landed(contract))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def reset(connection: duckdb.DuckDBPyConnection) -> None:
    """Drops all that landing wrote, for a rebuild; the files are landed again by the next run."""
    for schema in ("landing", "canonical", "reference"):
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    for table in ("loads", "files", "quarantine", "contracts"):
        connection.execute(f"DROP TABLE IF EXISTS meta.{table}")


def create_landed(contract: TableContract) -> str:
    """The statement that makes a landed table, if missing."""
    columns = ", ".join(f"{sql.name(column.name)} {column.sql_type}" for column in contract.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {sql.landed_name(contract.source, contract.name)} ({columns}, _row_hash UBIGINT,"
        " _load_seq BIGINT, _load_id VARCHAR, _file VARCHAR, _record BIGINT, _recorded_at TIMESTAMPTZ)"
    )


def forget_table(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Empties a landed table and its books; all its files are landed again and counted anew."""
    connection.execute(f"DELETE FROM {sql.landed_name(contract.source, contract.name)}")
    _forget(connection, contract)


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


def touch_file(connection: duckdb.DuckDBPyConnection, contract: TableContract, found: Found) -> None:
    """Notes that a landed file has the same content under a new time."""
    connection.execute(
        """
        UPDATE meta.files SET bytes = $4, modified_ns = $5, reason = NULL, remedy = NULL
        WHERE source = $1 AND table_name = $2 AND file = $3
        """,
        [contract.source, contract.name, found.file, found.bytes, found.modified_ns],
    )


def write_refusal(
    connection: duckdb.DuckDBPyConnection,
    run: "Run",
    contract: TableContract,
    found: Found,
    refusal: Refusal,
    was_landed: bool,
) -> None:
    """One row in meta.files for a refused file; where an earlier copy was landed, that one's row gets the reason."""
    if was_landed:
        connection.execute(
            "UPDATE meta.files SET reason = $4, remedy = $5 WHERE source = $1 AND table_name = $2 AND file = $3",
            [contract.source, contract.name, found.file, refusal.reason, refusal.remedy],
        )
        return
    entry = _Entry(found, "refused", reason=refusal.reason, remedy=refusal.remedy)
    _write(connection, run, contract, [entry])


def write_copies(
    connection: duckdb.DuckDBPyConnection,
    run: "Run",
    contract: TableContract,
    copies: Sequence[tuple[Inspected, str]],
) -> None:
    """Rows in meta.files for files with the content of another, named beside each."""
    entries = [
        _Entry(fit.found, "same_content", fit.sha256, reason=f"same content as {holder}")
        for fit, holder in copies
    ]
    _write(connection, run, contract, entries)


def write_loaded(
    connection: duckdb.DuckDBPyConnection,
    run: "Run",
    contract: TableContract,
    files: Sequence[tuple[Inspected, int]],
) -> None:
    """Rows in meta.files for the files of a batch with their rows; one that held the same content under a larger name
    steps back."""
    connection.execute(
        """
        UPDATE meta.files SET status = 'same_content', reason = 'same content as ' || held.file, rows_read = NULL
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
        extra = (
            f"info: columns that the contract does not take: {', '.join(fit.extra)}" if fit.extra else None
        )
        vouched = fit.has_manifest or fit.is_released or contract.volume_varies
        entries.append(_Entry(fit.found, "loaded", fit.sha256, rows, extra, is_vouched=vouched))
    _write(connection, run, contract, entries)


def write_load(connection: duckdb.DuckDBPyConnection, run: "Run", load: "Load", started_at: datetime) -> None:
    """The load of a run in meta.loads; a second try of the same run is added to the first."""
    key = [run.number, load.source, load.table_name]
    where = "WHERE run_number = $1 AND source = $2 AND table_name = $3"
    counts = (load.files, load.rows_read, load.rows_accepted, load.rows_quarantined, load.rows_duplicate)
    before = connection.execute(
        f"SELECT files, rows_read, rows_accepted, rows_quarantined, rows_duplicate, started_at FROM meta.loads {where}",
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
    reason: str | None = None
    remedy: str | None = None
    is_vouched: bool = False


def _write(
    connection: duckdb.DuckDBPyConnection, run: "Run", contract: TableContract, entries: Sequence[_Entry]
) -> None:
    """Replaces the rows of these files; one statement for all, as a first night brings thousands."""
    if not entries:
        return
    key = [contract.source, contract.name]
    files = [entry.found.file for entry in entries]
    connection.execute(
        "DELETE FROM meta.files WHERE source = $1 AND table_name = $2 AND file IN (SELECT unnest($3::VARCHAR[]))",
        [*key, files],
    )
    connection.execute(
        """
        INSERT INTO meta.files
        SELECT $1, $2, unnest($4::VARCHAR[]), left(unnest($5::VARCHAR[]), 16), $3, unnest($6::BIGINT[]),
            unnest($7::VARCHAR[]), unnest($8::VARCHAR[]), unnest($9::VARCHAR[]), unnest($10::TIMESTAMPTZ[]), now(),
            unnest($11::DATE[]), unnest($12::BIGINT[]), unnest($13::BIGINT[]), unnest($5::VARCHAR[]),
            unnest($14::BOOLEAN[])
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
        ],
    )


def _forget(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    for table in ("files", "quarantine", "loads"):
        connection.execute(
            f"DELETE FROM meta.{table} WHERE source = $1 AND table_name = $2",
            [contract.source, contract.name],
        )


def _fingerprint(contract: TableContract, profile: "Profile") -> str:
    codes = [(column.codes, profile.codes[column.codes].keys) for column in contract.columns if column.codes]
    # Where a contract stands in its file changes nothing about what it says.
    columns = [[value for key, value in vars(column).items() if key != "line"] for column in contract.columns]
    rest = [value for key, value in vars(contract).items() if key not in ("columns", "file", "line")]
    return hashlib.sha256(repr((columns, rest, codes)).encode()).hexdigest()
