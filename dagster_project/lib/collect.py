"""Fetching all connections of a profile at once, each in a process of its own: none waits for another.

Belongs here: processes, deadlines and what is said of them. What a fetch does is in dagster_project/connectors.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dagster_project.connectors.fetch import State, read_state, write_state
from dagster_project.lib.progress import Say
from dagster_project.settings import REPOSITORY, Settings
from dagster_project.sources import Connection

AT_ONCE = 4  # a fetch mostly waits for its source
POLL_SECONDS = 0.05


@dataclass
class _Fetch:
    connection: Connection
    process: subprocess.Popen[str]
    began: float

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self.began > self.connection.deadline.total_seconds()


def collect(
    settings: Settings,
    connections: Sequence[Connection],
    say: Say,
    period: tuple[datetime, datetime] | None = None,
) -> list[State]:
    """Fetch connections, a few at once; one that is down, slow or answers rubbish delays no other.

    What it could not bring is brought by a later fetch, for its cursor has not moved.
    """
    waiting, states = list(connections), []
    running: list[_Fetch] = []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(_begin(settings, waiting.pop(0), period))
        for fetch in list(running):
            if fetch.process.poll() is None and not fetch.is_late:
                continue
            running.remove(fetch)
            states.append(_end(settings, fetch, say))
        time.sleep(POLL_SECONDS)
    return states


def _begin(settings: Settings, connection: Connection, period: tuple[datetime, datetime] | None) -> _Fetch:
    command = [sys.executable, "-m", "dagster_project.connectors", connection.name]
    process = subprocess.Popen(
        [*command, *(instant.isoformat() for instant in period or ())],
        cwd=REPOSITORY,
        env=settings.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return _Fetch(connection, process, time.monotonic())


def _end(settings: Settings, fetch: _Fetch, say: Say) -> State:
    """Wait for a fetch that has ended, or end one that is late; then say what came of it."""
    connection = fetch.connection
    took = time.monotonic() - fetch.began
    failed_by = ""
    if fetch.process.poll() is None:
        fetch.process.kill()
        failed_by = f"it took longer than {connection.deadline.total_seconds():g} s and was ended"
    said = fetch.process.communicate()[1] or ""
    state = read_state(settings.home, connection)
    if not failed_by and fetch.process.returncode not in (0, 1):
        failed_by = (
            said.strip().splitlines()[-1] if said.strip() else f"ended with {fetch.process.returncode}"
        )
    if failed_by:
        state.error, state.failures, state.seconds = failed_by, state.failures + 1, round(took, 3)
        state.tables = {name: {**table, "rows": 0} for name, table in state.tables.items()}
        write_state(settings.home, state)
    rows = sum(table.get("rows") or 0 for table in state.tables.values())
    say(f"fetched {connection.name}: {rows:,} rows ({took:.1f} s){f'; {state.error}' if state.error else ''}")
    for name, table in state.tables.items():
        for warning in table.get("warnings", ()):
            say(f"  {name}: {warning}")
    return state
