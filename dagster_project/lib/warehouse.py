"""The build file and the draft beside it: one writer at a time.

Belongs here: the lock, opening the files, their `meta` tables, SQL's quoting. Not here: the runs that are noted in them
(runs.py), what is landed (sources/), modelled (dbt), checked (quality.py) or published (publish.py).
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dagster_project.lib.memory import REBUILD_MEMORY
from dagster_project.settings import Settings

STORAGE = "v1.5.0"  # text takes a third less time to write, and less room, than in what older readers know

META_TABLES = {
    "run": """
        run_number BIGINT, run_id VARCHAR, as_of TIMESTAMPTZ, previous_run_number BIGINT,
        previous_as_of TIMESTAMPTZ, timezone VARCHAR, fixed_offset_seconds BIGINT, promise_limit VARCHAR,
        sign_rule VARCHAR, standards_from VARCHAR, is_full_refresh BOOLEAN, has_receipts BOOLEAN, has_erp BOOLEAN,
        has_pick_lines BOOLEAN,
        has_wishes BOOLEAN, has_complaints BOOLEAN""",
    "runs": """
        run_number BIGINT, run_id VARCHAR, as_of TIMESTAMPTZ, started_at TIMESTAMPTZ, landed_at TIMESTAMPTZ,
        models_built_at TIMESTAMPTZ, published_at TIMESTAMPTZ, finished_at TIMESTAMPTZ,
        is_full_refresh BOOLEAN, fingerprint VARCHAR, status VARCHAR, message VARCHAR""",
    "quality": """
        run_number BIGINT, run_id VARCHAR, layer VARCHAR, expectation VARCHAR, table_name VARCHAR,
        column_name VARCHAR, severity VARCHAR, observed VARCHAR, expected VARCHAR, passed BOOLEAN,
        checked_at TIMESTAMPTZ, observed_zh VARCHAR, expected_zh VARCHAR""",
    "published_rates": """
        metric VARCHAR, day DATE, numerator BIGINT, denominator BIGINT, value DOUBLE,
        published_at TIMESTAMPTZ, as_of TIMESTAMPTZ, run_number BIGINT""",
}

LOCK_NOTE = "another night is writing {file} ({owner}). Wait for it, or end it, then try again."


class LockHeldError(RuntimeError):
    """Another process writes the build file."""


def quoted(*names: str) -> str:
    """A qualified SQL identifier from its parts."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """A SQL string, for statements that take no bound values (attach, comment, a check's query)."""
    return "'" + text.replace("'", "''") + "'"


def config(
    settings: Settings, memory: str = REBUILD_MEMORY
) -> dict[str, str | bool | int | float | list[str]]:
    """How every connection to the build file is set up. Landing needs the order of lines: it is kept."""
    return {
        "memory_limit": memory,
        "temp_directory": f"{settings.build_file}.spill",
        "storage_compatibility_version": STORAGE,
    }


def connect(
    settings: Settings, read_only: bool = False, memory: str = REBUILD_MEMORY
) -> duckdb.DuckDBPyConnection:
    """A connection to the build file. The caller holds `build_lock`, and closes it before dbt or the checks
    open theirs.
    """
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        str(settings.build_file), read_only=read_only, config=config(settings, memory)
    )
    connection.execute("set TimeZone = 'UTC'")
    if not read_only:
        create_meta(connection)
    return connection


@contextlib.contextmanager
def draft(
    connection: duckdb.DuckDBPyConnection, settings: Settings, read_only: bool = False
) -> Iterator[None]:
    """The draft beside the build file, as `draft`, for as long as the block lasts."""
    mode = " (read_only)" if read_only else ""
    connection.execute(f"attach {literal(str(settings.draft_file))} as draft{mode}")
    try:
        yield
    finally:
        connection.execute("detach draft")


def marts_in_sight(settings: Settings) -> list[str]:
    """Statements after which `marts.<name>` of a connection to the build file is the draft's."""
    if not settings.draft_file.exists():
        return []
    return [
        f"attach if not exists {literal(str(settings.draft_file))} as draft (read_only)",
        f"set search_path = '{settings.build_file.stem}.main,draft.marts'",
    ]


def forget_draft(settings: Settings) -> None:
    """Without it everything in it is made anew."""
    for suffix in ("", ".wal"):
        Path(f"{settings.draft_file}{suffix}").unlink(missing_ok=True)


def create_meta(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists meta")
    for name, columns in META_TABLES.items():
        connection.execute(f"create table if not exists {quoted('meta', name)} ({columns})")
    for column in ("observed_zh", "expected_zh"):  # of build files from before the Chinese
        connection.execute(f"alter table meta.quality add column if not exists {column} varchar")


@contextlib.contextmanager
def build_lock(settings: Settings, run_id: str = "", timeout_seconds: float = 0) -> Iterator[None]:
    """Hold the one writer's lock; the operating system lets go of it when the process dies.

    Raises:
        LockHeldError: still held elsewhere after `timeout_seconds`.
    """
    settings.build_file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{settings.build_file}.lock")
    owner = owner_file(settings)
    try:
        lock.acquire(timeout=timeout_seconds, poll_interval=0.2)
    except Timeout as held:
        who = owner.read_text() if owner.is_file() else "unknown"
        raise LockHeldError(LOCK_NOTE.format(file=settings.build_file, owner=who)) from held
    try:
        owner.write_text(json.dumps({"pid": os.getpid(), "run_id": run_id}))
        shutil.rmtree(f"{settings.build_file}.spill", ignore_errors=True)
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def owner_file(settings: Settings) -> Path:
    return settings.build_file.with_suffix(".owner")


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing."""
    connection.execute("begin transaction")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def now() -> datetime:
    return datetime.now(UTC)
