"""Dagster's own home for a profile: its configuration file, written from what stands here, and the telemetry
switches.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from dagster_project.settings import Settings

CONFIGURATION = {
    "telemetry": {"enabled": False},
    # one writer a file, so one run at a time; the rest wait in the queue
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "run_monitoring": {"enabled": True},
    # a run whose process was lost is tried again; a step that failed for a reason is not
    "run_retries": {"enabled": True, "max_retries": 0, "retry_on_asset_or_op_failure": False},
}

SILENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "False",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}


def prepare(settings: Settings) -> None:
    """Make DAGSTER_HOME of the profile and point this process, and those it starts, at it; no library phones
    home.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(CONFIGURATION), encoding="utf-8")
    os.environ.update(SILENT)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


@contextmanager
def quick_history() -> Iterator[None]:
    """Dagster opens, commits and closes its SQLite files once an event, several hundred times a night. While the block
    lasts they stay open: the last to close one writes its log back into the file and waits for the disk. Nor does a
    commit wait for it: a power cut, and only that, may take the last lines of the history.
    """
    from sqlalchemy import Engine, event

    kept: dict[str, sqlite3.Connection] = {}

    def keep(connection: Any, _: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.execute("pragma synchronous = normal")
        file = connection.execute("pragma database_list").fetchone()[2]
        if file and file not in kept and connection.execute("pragma journal_mode").fetchone() == ("wal",):
            kept[file] = sqlite3.connect(file, check_same_thread=False)
            # who has not read holds nothing
            kept[file].execute("select count(*) from sqlite_master").fetchone()

    event.listen(Engine, "connect", keep)
    try:
        yield
    finally:
        event.remove(Engine, "connect", keep)
        for connection in kept.values():
            connection.close()
