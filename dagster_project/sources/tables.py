"""The tables that landing writes to: made where missing, emptied where a contract changed.

Belongs here: their definitions. What stands in them is the business of ledger and staging.
"""

import hashlib
from pathlib import Path

import duckdb

from . import ledger, sql, typed
from .contracts import TableContract
from .profile import Profile

_VERSION = 4  # raised when the same file would land otherwise, its rows' hashes included
_NOT_READ = ("columns", "file", "line", "is_live")  # of a contract, when its files are read
_SCHEMAS = ("meta", "landing", "canonical", "reference")
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS meta.loads (
        run_number BIGINT, run_id VARCHAR, source VARCHAR, table_name VARCHAR, files BIGINT,
        files_refused BIGINT, rows_read BIGINT, rows_accepted BIGINT, rows_quarantined BIGINT,
        rows_duplicate BIGINT, started_at TIMESTAMPTZ, finished_at TIMESTAMPTZ)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.files (
        source VARCHAR, table_name VARCHAR, file VARCHAR, load_id VARCHAR, run_number BIGINT,
        rows_read BIGINT, status VARCHAR, reason VARCHAR, remedy VARCHAR, file_recorded_at TIMESTAMPTZ,
        loaded_at TIMESTAMPTZ, drop_date DATE, bytes BIGINT, modified_ns BIGINT, sha256 VARCHAR,
        is_vouched BOOLEAN, reason_zh VARCHAR, remedy_zh VARCHAR)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.quarantine (
        source VARCHAR, table_name VARCHAR, reason VARCHAR, "row" VARCHAR, file VARCHAR, record BIGINT,
        load_id VARCHAR, run_number BIGINT, run_id VARCHAR, loaded_at TIMESTAMPTZ, reason_zh VARCHAR)
    """,
    """
    CREATE TABLE IF NOT EXISTS meta.contracts (source VARCHAR, table_name VARCHAR, fingerprint VARCHAR)
    """,
)
# of build files from before the Chinese; their rows land anew, as _VERSION says
_ADDED = (
    "ALTER TABLE meta.files ADD COLUMN IF NOT EXISTS reason_zh VARCHAR",
    "ALTER TABLE meta.files ADD COLUMN IF NOT EXISTS remedy_zh VARCHAR",
    "ALTER TABLE meta.quarantine ADD COLUMN IF NOT EXISTS reason_zh VARCHAR",
)


def prepare(connection: duckdb.DuckDBPyConnection, profile: Profile, source_dir: Path) -> None:
    """Creates what landing writes to, where missing. A table whose contract changed, or that would land otherwise by
    now, is emptied, to land anew from `source_dir`.

    Raises:
        FileNotFoundError: files of such a table that were loaded are gone; nothing is changed.
    """
    connection.begin()
    try:
        for schema in _SCHEMAS:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for statement in (*_TABLES, *_ADDED):
            connection.execute(statement)
        known = {
            (source, table): fingerprint
            for source, table, fingerprint in connection.execute("FROM meta.contracts").fetchall()
        }
        for contract in profile.contracts:
            fingerprint = _fingerprint(contract, profile)
            landed = sql.landed_name(contract.source, contract.name)
            if known.get((contract.source, contract.name)) != fingerprint:
                why = "its contract or the way it is read changed"
                ledger.require_loaded_files(connection, contract, source_dir, why)
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
            connection.execute(typed.create_landed(contract))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def with_news(
    connection: duckdb.DuckDBPyConnection, profile: Profile, run_number: int
) -> set[tuple[str, str]]:
    """The source tables of which a later run wrote or changed a row."""
    found = set()
    for source, name in profile.tables:
        query = f"SELECT count(*) FROM {sql.landed_name(source, name)} WHERE _load_seq > $1"
        if connection.execute(query, [run_number]).fetchall() != [(0,)]:
            found.add((source, name))
    return found


def reset(connection: duckdb.DuckDBPyConnection) -> None:
    """Drops all that landing wrote, for a rebuild; the files are landed again by the next run."""
    for schema in ("landing", "canonical", "reference"):
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    for table in ("loads", "files", "quarantine", "contracts"):
        connection.execute(f"DROP TABLE IF EXISTS meta.{table}")


def forget_table(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Empties a landed table and its books; all its files are landed again and counted anew."""
    connection.execute(f"DELETE FROM {sql.landed_name(contract.source, contract.name)}")
    _forget(connection, contract)


def _forget(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    for table in ("files", "quarantine", "loads"):
        connection.execute(
            f"DELETE FROM meta.{table} WHERE source = $1 AND table_name = $2",
            [contract.source, contract.name],
        )


def _fingerprint(contract: TableContract, profile: Profile) -> str:
    codes = [(column.codes, profile.codes[column.codes].keys) for column in contract.columns if column.codes]
    # Where a contract stands in its file changes nothing about what it says.
    columns = [[value for key, value in vars(column).items() if key != "line"] for column in contract.columns]
    rest = [value for key, value in vars(contract).items() if key not in _NOT_READ]
    return hashlib.sha256(repr((columns, rest, codes, _VERSION)).encode()).hexdigest()
