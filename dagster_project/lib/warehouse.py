"""The build file: one writer at a time, the run it is in, and the history of runs.

Belongs here: opening the file, the lock, `meta.run` and `meta.runs`. Not here: what is landed (sources/),
modelled (dbt), checked (quality.py) or published (publish.py).
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dagster_project.settings import Settings

# What DuckDB may hold; Python, dbt and the checks take about 500 MB beside it. A night holds little at a time, but for
# one that catches up on many rows. The joins of a rebuild grow with the history: in MB, and MB for a million rows.
NIGHT_MEMORY, REBUILD_MEMORY = "350MB", "1100MB"
LANDING_MEMORY = "500MB"  # of a night: what it reads of the history to find duplicates is not kept
NIGHT_ROWS = 500_000
REBUILD_BASE, REBUILD_EACH_MILLION = 550, 20
MORE_MEMORY = 3  # times, for models that still had too little
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


@dataclass(frozen=True)
class Run:
    """The run the build file is in. `as_of` is None until it is resolved from the landed data."""

    run_number: int
    run_id: str
    as_of: datetime | None
    previous_run_number: int | None
    previous_as_of: datetime | None
    is_full_refresh: bool
    is_rebuild: bool
    reason: str


def memory_of(connection: duckdb.DuckDBPyConnection, run: Run) -> str:
    """What DuckDB may hold while the models of a run are built and checked, once its files are landed."""
    query = "select coalesce(sum(rows_accepted), 0)::bigint from meta.loads where run_number > ?"
    previous = run.previous_run_number
    is_night = not run.is_full_refresh and previous is not None
    if is_night and _scalar(connection, query, [previous]) <= NIGHT_ROWS:
        return NIGHT_MEMORY
    needed = REBUILD_BASE + REBUILD_EACH_MILLION * _scalar(connection, query, [0]) // 1_000_000
    return f"{max(needed, int(REBUILD_MEMORY.removesuffix('MB')))}MB"


def more(memory: str) -> str:
    """What models are given that had too little."""
    return f"{MORE_MEMORY * int(memory.removesuffix('MB'))}MB"


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


def begin_run(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    as_of: datetime | None,
    fingerprint: str,
    profile: dict[str, str | bool | int | None],
    rebuild: bool,
    published: tuple[int, str, object] | None = None,
) -> Run:
    """Open the next run in `meta.run` and `meta.runs`.

    `fingerprint`: of models and profile; another one than last time means a full refresh. `profile`: the
    columns of `meta.run` that come from the profile. `published`: number and id of the published run; a lost
    build file does not start again at 1, and a night killed between the swap and its last note is still one
    that published.
    """
    if published:
        connection.execute(
            "update meta.runs set status = 'published', published_at = coalesce(published_at, now())"
            " where run_number = ? and run_id = ? and status <> 'published'",
            list(published[:2]),
        )
    connection.execute(
        "update meta.runs set status = 'failed', finished_at = now(),"
        " message = coalesce(message, 'the process ended before the night did')"
        " where status in ('running', 'built')"
    )
    previous = None if rebuild else _last_complete(connection)
    reason = (
        "a rebuild was asked for"
        if rebuild
        else _why_full_refresh(connection, previous, fingerprint, as_of, profile)
    )
    number = max(
        _scalar(connection, "select coalesce(max(run_number), 0) from meta.runs"),
        published[0] if published else 0,
    )
    run = Run(
        run_number=number + 1,
        run_id=run_id,
        as_of=as_of,
        previous_run_number=None if previous is None else previous[0],
        previous_as_of=None if previous is None else previous[1],
        is_full_refresh=reason != "",
        is_rebuild=rebuild,
        reason=reason,
    )
    with transaction(connection):
        if rebuild:
            # a rebuild that is killed half way must not be taken for the base of the next night
            connection.execute("update meta.runs set fingerprint = null")
        _write_run(connection, run, profile)
        connection.execute(
            "insert into meta.runs"
            " (run_number, run_id, as_of, started_at, is_full_refresh, fingerprint, status)"
            " values (?, ?, ?, now(), ?, ?, 'running')",
            [run.run_number, run_id, as_of, run.is_full_refresh, fingerprint],
        )
    return run


def settle_as_of(connection: duckdb.DuckDBPyConnection, run: Run, as_of: datetime) -> Run:
    """Write the run's `as_of` once the landed data has told it."""
    with transaction(connection):
        connection.execute("update meta.run set as_of = ?", [as_of])
        connection.execute("update meta.runs set as_of = ? where run_number = ?", [as_of, run.run_number])
    run = replace(run, as_of=as_of)
    if run.previous_as_of is not None and as_of < run.previous_as_of:
        return require_full_refresh(connection, run, "as_of lies before the last night's")
    return run


def require_full_refresh(connection: duckdb.DuckDBPyConnection, run: Run, reason: str) -> Run:
    """From here on the models must be built from scratch, in this run or, if it dies, in the next."""
    with transaction(connection):
        connection.execute("update meta.run set is_full_refresh = true")
        connection.execute(
            "update meta.runs set is_full_refresh = true where run_number = ?", [run.run_number]
        )
    return replace(run, is_full_refresh=True, reason=run.reason or reason)


def is_relanded(connection: duckdb.DuckDBPyConnection, run: Run) -> bool:
    """Was a table emptied and landed anew since the last complete run, in this run or in one that died?

    Landing forgets the loads of such a table in the same transaction, so its first load is a later one.
    """
    query = "select count(*) from (select 1 from meta.loads group by source, table_name having min(run_number) > ?)"
    return bool(_scalar(connection, query, [run.previous_run_number or run.run_number]))


def mark(connection: duckdb.DuckDBPyConnection, run: Run, column: str, status: str = "running") -> None:
    """Note that the run reached `landed_at`, `models_built_at` or `published_at`."""
    connection.execute(
        f"update meta.runs set {quoted(column)} = now(), status = ? where run_number = ?",
        [status, run.run_number],
    )


def finish_run(connection: duckdb.DuckDBPyConnection, run: Run, status: str, message: str) -> None:
    connection.execute(
        "update meta.runs set status = ?, message = ?, finished_at = now() where run_number = ?",
        [status, message, run.run_number],
    )


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


def _write_run(
    connection: duckdb.DuckDBPyConnection, run: Run, profile: dict[str, str | bool | int | None]
) -> None:
    row = {
        "run_number": run.run_number,
        "run_id": run.run_id,
        "as_of": run.as_of,
        "previous_run_number": run.previous_run_number,
        "previous_as_of": run.previous_as_of,
        "is_full_refresh": run.is_full_refresh,
        **profile,
    }
    connection.execute(f"create or replace table meta.run ({META_TABLES['run']})")
    connection.execute(
        f"insert into meta.run ({', '.join(map(quoted, row))}) values ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def _last_complete(connection: duckdb.DuckDBPyConnection) -> tuple[int, datetime] | None:
    return connection.execute(
        "select run_number, as_of from meta.runs"
        " where models_built_at is not null and fingerprint is not null order by run_number desc limit 1"
    ).fetchone()


def _why_full_refresh(
    connection: duckdb.DuckDBPyConnection,
    previous: tuple[int, datetime] | None,
    fingerprint: str,
    as_of: datetime | None,
    profile: dict[str, str | bool | int | None],
) -> str:
    if previous is None:
        return "first night"
    cut_short = _scalar(
        connection,
        "select count(*) from meta.runs where run_number > ? and models_built_at is null"
        " and (landed_at is not null or is_full_refresh)",
        [previous[0]],
    )
    if cut_short:
        return "the last build of the models did not complete"
    last = _scalar(connection, "select fingerprint from meta.runs where run_number = ?", [previous[0]])
    if last != fingerprint:
        return "models or profile changed since the last night"
    if as_of is not None and as_of < previous[1]:
        return "as_of lies before the last night's"
    if profile["standards_from"] == "data":
        return "standards are taken from the data, which has grown"
    return ""


def _scalar(connection: duckdb.DuckDBPyConnection, query: str, values: list[object] | None = None):
    row = connection.execute(query, values or []).fetchone()
    return None if row is None else row[0]
