"""Publishing: the draft gets what goes with it, is copied under a new name and verified; then one link is swapped.
Readers see the old or the new.

Belongs here: what is in the published file beside the marts, and how it gets there. Not here: the marts, which dbt
writes into the draft; whether they may be published (quality.py, night.py); how a file is copied (blocks.py).
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import yaml

from dagster_project.disk import sync
from dagster_project.lib import blocks, warehouse
from dagster_project.lib.runs import Run
from dagster_project.lib.warehouse import literal, now, quoted
from dagster_project.settings import Settings

META = ("run", "runs", "loads", "files", "quality")
RATE_KEY = "metric, day"
COMMENTS = Path(__file__).with_name("meta_tables.yml")

# A day's rate is first published on the first night after the day has ended.
NEW_RATES = """
    select
        kpi.metric, kpi.period_start as day, kpi.numerator, kpi.denominator, kpi.value,
        now() as published_at, run.as_of, run.run_number
    from draft.marts.kpi as kpi
    cross join meta.run as run
    where
        kpi.period = 'day'
        and timezone(run.timezone, (kpi.period_start + 1)::timestamp) <= run.as_of
"""


class PublishError(RuntimeError):
    """The copy is not what was to be published; the published file is untouched."""


def publish(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    run: Run,
    quarantine: str,
    reached: Callable[[str], None] = lambda point: None,
) -> Path:
    """Give the draft its meta tables, copy it into the next version and point the published link at it.

    `connection`: to the build file. `quarantine`: the select that gives `meta.quarantine` with personal columns
    masked. `reached`: told where it is. Returns the new version's path.

    Raises:
        PublishError: the copy, reopened, is not the draft.
    """
    versions = settings.published_file.parent / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    target = versions / f"warehouse_{run.run_number}.duckdb"
    copy = target.with_suffix(".duckdb.tmp")

    _carry_published_rates(connection, settings)
    with warehouse.draft(connection, settings):
        _complete(connection, run, quarantine)
        connection.execute("checkpoint draft")
    reached("completed")
    _recycle(settings, versions, copy)
    _copy(settings.draft_file, copy)
    reached("copied")
    _verify(settings.draft_file, copy, run)
    sync(copy)
    os.replace(copy, target)
    sync(versions)
    reached("verified")
    _point(settings.published_file, target)
    reached("swapped")
    _carry_published_rates(connection, settings)
    for path in _spent(settings, versions):
        path.unlink()
    return target


def published_run(settings: Settings) -> tuple[int, str, object] | None:
    """Run number, run id and as_of of the published file; None before the first night."""
    if not settings.published_file.exists():
        return None
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute("select run_number, run_id, as_of from meta.run").fetchone()


def write_status(settings: Settings, run_number: int | None, run_id: str, status: str, message: str) -> None:
    """What the last night came to, for the pages' banner: status.json beside the published file, swapped in
    whole.
    """
    path = _status_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".json.tmp")
    at = now().isoformat(timespec="seconds")
    content = {"last_run": run_number, "run_id": run_id, "status": status, "message": message, "at": at}
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(draft, path)


def note_failure(settings: Settings, run_id: str, message: str) -> bool:
    """Say that a run failed, for one that was killed before it could; what a run said itself stands.

    Returns:
        Whether it had not said so itself.
    """
    path = _status_file(settings)
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    is_silent = said.get("run_id") != run_id
    if is_silent:
        write_status(settings, said.get("last_run"), run_id, "failed", message)
    return is_silent


def _status_file(settings: Settings) -> Path:
    return settings.published_file.parent / "status.json"


def _complete(connection: duckdb.DuckDBPyConnection, run: Run, quarantine: str) -> None:
    connection.execute("create schema if not exists draft.meta")
    present = set(tables(connection, "meta"))
    for name in META:
        if name in present:
            _replace(connection, name, f"select * from {quoted('meta', name)}")
    # written as it will be once the link is swapped: nobody reads it before
    connection.execute(
        "update draft.meta.runs set status = 'published', published_at = now(), finished_at = now()"
        " where run_number = ?",
        [run.run_number],
    )
    _replace(connection, "quarantine", quarantine)
    fresh = f"select * from ({NEW_RATES}) as fresh anti join meta.published_rates using ({RATE_KEY})"
    _replace(connection, "published_rates", f"select * from meta.published_rates union all {fresh}")
    _comment(connection)


def _replace(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    connection.execute(f"create or replace table {quoted('draft', 'meta', name)} as {query}")


def _comment(connection: duckdb.DuckDBPyConnection) -> None:
    """Say what the meta tables and their columns hold, as dbt does of its own."""
    said = yaml.safe_load(COMMENTS.read_text(encoding="utf-8"))
    query = """
        select table_name, column_name from duckdb_columns()
        where database_name = 'draft' and schema_name = 'meta' and list_contains($1::varchar[], table_name)
    """
    columns = connection.execute(query, [list(said["tables"])]).fetchall()
    for table in sorted({name for name, _ in columns}):
        about = literal(said["tables"][table]["about"])
        connection.execute(f"comment on table {quoted('draft', 'meta', table)} is {about}")
    for table, column in columns:
        about = said["tables"][table]["columns"].get(column) or said["shared"].get(column)
        if about:
            connection.execute(
                f"comment on column {quoted('draft', 'meta', table, column)} is {literal(about)}"
            )


def _recycle(settings: Settings, versions: Path, copy: Path) -> None:
    """The oldest version, which would go, becomes the new copy: most of its blocks are right already."""
    for leftover in versions.glob("*.tmp*"):
        leftover.unlink()  # of a publish that was killed: a block may be half written under its new checksum
    for oldest in _spent(settings, versions, coming=1)[:1]:
        os.replace(oldest, copy)


def _copy(draft: Path, copy: Path) -> None:
    blocks.copy(draft, copy)


def tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Names of the tables of a schema of the open file, sorted."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?"
        " order by table_name",
        [schema],
    ).fetchall()
    return [name for (name,) in rows]


def _carry_published_rates(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Take over what the published file says was published: it stands, whatever became of the build file
    since.
    """
    if not settings.published_file.exists():
        return
    connection.execute(f"attach {literal(str(settings.published_file.resolve()))} as before (read_only)")
    try:
        connection.execute(
            "insert into meta.published_rates by name select * from before.meta.published_rates"
            f" anti join meta.published_rates using ({RATE_KEY})"
        )
    finally:
        connection.execute("detach before")


def _verify(draft: Path, copy: Path, run: Run) -> None:
    with duckdb.connect(str(copy), read_only=True) as reader:
        number = reader.execute("select run_number from meta.run").fetchone()
        names = tables(reader, "marts")
    if not names:
        raise PublishError("there are no marts to publish")
    if number != (run.run_number,):
        raise PublishError(f"the copy says it is run {number}, not {run.run_number}")
    if not blocks.same(draft, copy):
        raise PublishError("the copy is not the draft: its blocks differ")


def _point(link: Path, target: Path) -> None:
    draft = link.with_suffix(".link.tmp")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path(target.parent.name) / target.name)
    os.replace(draft, link)
    sync(link.parent)


def _spent(settings: Settings, versions: Path, coming: int = 0) -> list[Path]:
    """The versions that need not stay once as many more have come, the oldest first; never the one readers see."""
    in_order = sorted(
        versions.glob("warehouse_*.duckdb"), key=lambda path: int(path.stem.removeprefix("warehouse_"))
    )
    beyond = in_order[: max(0, len(in_order) + coming - settings.kept_versions)]
    if settings.kept_days:
        first = time.time() - settings.kept_days * 86_400
        beyond = [path for path in beyond if path.stat().st_mtime < first]
    return [path for path in beyond if path.resolve() != settings.published_file.resolve()]
