"""The run the build file is in, and those before it: `meta.run` and `meta.runs`.

Belongs here: how a run begins, why it builds all models from scratch, the points it reaches, how it ended. Not here:
the file and its tables (warehouse.py), or what a run does (steps.py).
"""

from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from dagster_project.lib.warehouse import META_TABLES, quoted, transaction


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

    @property
    def base(self) -> int | None:
        """The run whose models this one goes on from; None where all are built from scratch."""
        return None if self.is_full_refresh else self.previous_run_number


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
