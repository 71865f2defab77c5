"""dbt, called in this process: one invocation a night, its manifest for Dagster, its test results for
`meta.quality`.

`python -m dagster_project.lib.models env` prints the variables with which dbt can be called by hand.
"""

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_project import settings as settings_module
from dagster_project.lib.memory import REBUILD_MEMORY, more
from dagster_project.lib.warehouse import STORAGE
from dagster_project.settings import DBT_PROJECT, Settings

# of the build file; marts lay in it before the draft did
BUILT_SCHEMAS = ("marts", "intermediate", "staging", "seeds")
SECONDS_BETWEEN_LINES = 15.0
OUT_OF_MEMORY = "Out of Memory Error"


class ModelsFailedError(RuntimeError):
    """A model, seed or test of dbt failed; the message names each."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one seed, model or test. `failures` counts the rows a test found; `seconds` is its run
    time.
    """

    unique_id: str
    resource_type: str
    schema: str
    name: str
    status: str
    message: str
    failures: int | None
    seconds: float
    attached_to: str | None
    column: str | None

    @property
    def is_broken(self) -> bool:
        return self.status in ("error", "fail", "runtime error", "partial success")


def variables(settings: Settings, memory: str = REBUILD_MEMORY) -> dict[str, str]:
    """The environment in which dbt reads and writes this profile's warehouse; `memory`: what DuckDB may hold."""
    return {
        "TRUE_ON_TIME_BUILD_FILE": str(settings.build_file),
        "TRUE_ON_TIME_DRAFT_FILE": str(settings.draft_file),
        "TRUE_ON_TIME_MEMORY": memory,
        "TRUE_ON_TIME_STORAGE": STORAGE,
        "DBT_TARGET_PATH": str(settings.dbt_dir / "target"),
        "DBT_LOG_PATH": str(settings.dbt_dir / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextlib.contextmanager
def environment(settings: Settings, memory: str) -> Iterator[None]:
    """`variables` for the time of one dbt call; what was there before comes back."""
    given = variables(settings, memory)
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def build(
    settings: Settings,
    full_refresh: bool,
    memory: str,
    say: Callable[[str], None],
    begun: Callable[[], None] = lambda: None,
) -> list[NodeResult]:
    """Seeds, models and data tests, in one call. No connection to the build file may be open in this process.

    `memory`: what DuckDB may hold; where a model needs more, it and all after it are built with more. `begun`: called
    once dbt has read its project.

    Unit tests are left out: they test the models' text, not the night's data, and `make test` runs them.

    Raises:
        ModelsFailedError: dbt could not run at all. Broken nodes do not raise: they are in the result.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    if full_refresh:
        arguments.append("--full-refresh")
    results = _results(settings, arguments, Progress(say, begun), memory)
    if any(result.is_broken and OUT_OF_MEMORY in result.message for result in results):
        say(f"models: {memory} were too little for DuckDB; what is left is built with {more(memory)}")
        again = _results(settings, ["retry"], Progress(say, lambda: None), more(memory))
        built = {result.unique_id: result for result in again}
        results = [built.get(result.unique_id, result) for result in results]
    return results


def unit_tests(settings: Settings) -> list[NodeResult]:
    """The models' own unit tests, over the tables that a night has built.

    Raises:
        ModelsFailedError: dbt could not run at all.
    """
    try:
        outcome = _invoke(settings, ["test", "--select", "test_type:unit"], [])
    finally:
        _close_connections()
    if outcome.result is None:
        raise ModelsFailedError(f"dbt did not run: {outcome.exception}")
    return [_node_result(result) for result in outcome.result.results]


def manifest(settings: Settings) -> Path:
    """The project's manifest, parsed anew if a file of the project is newer."""
    path = settings.dbt_dir / "target" / "manifest.json"
    if not path.is_file() or path.stat().st_mtime < max(file.stat().st_mtime for file in project_files()):
        outcome = _invoke(settings, ["parse"], [])
        if not outcome.success:
            raise ModelsFailedError(f"dbt could not read the project: {outcome.exception}")
    return path


def project_files() -> list[Path]:
    """What the models are made of; not what dbt writes."""
    kept = {".sql", ".yml", ".csv", ".md"}
    folders = [DBT_PROJECT / name for name in ("models", "macros", "seeds", "tests")]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in kept]
    return sorted([*files, DBT_PROJECT / "dbt_project.yml", DBT_PROJECT / "profiles.yml"])


def fingerprint() -> str:
    """Of every file of the project: another one means the models may have changed."""
    digest = hashlib.sha256()
    for file in project_files():
        digest.update(str(file.relative_to(DBT_PROJECT)).encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def broken(results: list[NodeResult]) -> str:
    """One line a broken node, in dbt's own words; empty if none is."""
    lines = [
        f"{result.resource_type} {result.name}: {result.message}" for result in results if result.is_broken
    ]
    return "\n".join(lines)


class Progress:
    """Says now and then how far dbt is, and at once what broke."""

    def __init__(self, say: Callable[[str], None], begun: Callable[[], None]) -> None:
        self.say = say
        self.begun = begun
        self.done = 0
        self.said_at = time.monotonic()

    def __call__(self, event: Any) -> None:
        if event.info.name == "FoundStats":
            self.begun()
        elif event.info.name == "NodeFinished":
            self.done += 1
            node = event.data.node_info
            if node.node_status in ("error", "fail"):
                self.say(f"models: {node.node_name} {node.node_status}")
            elif time.monotonic() - self.said_at > SECONDS_BETWEEN_LINES:
                self.said_at = time.monotonic()
                self.say(f"models: {self.done} steps done, last {node.node_name}")


def _results(settings: Settings, arguments: list[str], progress: Progress, memory: str) -> list[NodeResult]:
    try:
        outcome = _invoke(settings, arguments, [progress], memory)
    finally:
        _close_connections()
    if outcome.result is None:
        raise ModelsFailedError(f"dbt did not run: {outcome.exception}")
    return [_node_result(result) for result in outcome.result.results]


def _invoke(
    settings: Settings,
    arguments: list[str],
    callbacks: list[Callable[[Any], None]],
    memory: str = REBUILD_MEMORY,
) -> Any:
    from dbt.cli.main import dbtRunner  # 4 s to import: only where it is called

    fixed = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--no-version-check"]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    settings.dbt_dir.mkdir(parents=True, exist_ok=True)
    with environment(settings, memory):
        return dbtRunner(callbacks=callbacks).invoke([*quiet, *arguments, *fixed])


def _close_connections() -> None:
    """dbt-duckdb keeps its connection to the file until the process ends; the night goes on in this one."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()


def _node_result(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        unique_id=node.unique_id,
        resource_type=str(node.resource_type),
        schema=node.schema,
        name=node.name,
        status=str(result.status),
        message=(result.message or "").strip(),
        failures=result.failures,
        seconds=result.execution_time,
        attached_to=getattr(node, "attached_node", None),
        column=getattr(node, "column_name", None),
    )


if __name__ == "__main__":
    if sys.argv[1:] != ["env"]:
        sys.exit("usage: python -m dagster_project.lib.models env")
    for name, value in variables(settings_module.load()).items():
        print(f"export {name}='{value}'")
