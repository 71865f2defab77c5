"""Fetching many connections at once, each in a process of its own: none waits for another, none can bring down another.

The processes are forks of one that has read the profile and opened nothing, so each begins at once.
"""

import importlib
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from filelock import Timeout

from dagster_project.connectors.fetch import State, fetch, read_state, write_state
from dagster_project.connectors.place import Window
from dagster_project.sources.connections import Connection
from dagster_project.sources.profile import Profile

AT_ONCE = 8  # a fetch mostly waits for its source
POLL_SECONDS = 0.02
BUSY = 2  # the exit code of one that another process is fetching
FORKS = multiprocessing.get_context("fork")


@dataclass
class _Fetch:
    connection: Connection
    process: BaseProcess
    began: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def is_late(self) -> bool:
        return self.seconds > self.connection.deadline.total_seconds()


def fetch_all(
    profile: Profile,
    connections: Sequence[Connection],
    source_dir: Path,
    home: Path,
    window: Window | None = None,
    say: Callable[[str], object] = print,
) -> list[State]:
    """Fetch connections, some at once; one that is down, slow or answers rubbish delays no other.

    What it could not bring is brought by a later fetch, for its cursor has not moved. Each is said as it ends.
    """
    with suppress(ModuleNotFoundError):
        importlib.import_module("pandas")  # DuckDB wants it for the first value bound: once, not in each fork
    waiting, states = list(connections), []
    running: list[_Fetch] = []
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            connection = waiting.pop(0)
            arguments = (profile, connection, source_dir, home, window)
            process = FORKS.Process(target=_fetch, args=arguments, name=connection.name)
            process.start()
            running.append(_Fetch(connection, process, time.monotonic()))
        for one in list(running):
            if one.process.is_alive() and not one.is_late:
                continue
            running.remove(one)
            states.append(_end(one, home, say))
        time.sleep(POLL_SECONDS)
    return states


def _fetch(
    profile: Profile, connection: Connection, source_dir: Path, home: Path, window: Window | None
) -> None:
    try:
        fetch(profile, connection, source_dir, home, window)
    except Timeout:
        sys.exit(BUSY)


def _end(one: _Fetch, home: Path, say: Callable[[str], object]) -> State:
    """What became of a fetch that has ended; one that is late is ended here."""
    connection, took = one.connection, one.seconds
    failed_by = ""
    if one.process.is_alive():
        one.process.kill()
        failed_by = f"it took longer than {connection.deadline.total_seconds():g} s and was ended"
    one.process.join()
    state = read_state(home, connection)
    if one.process.exitcode == BUSY:
        say(f"{connection.name} is being fetched already")
        return state
    if not failed_by and one.process.exitcode != 0:
        failed_by = f"its process ended with {one.process.exitcode}"
    if failed_by:
        state.error, state.failures, state.seconds = failed_by, state.failures + 1, round(took, 3)
        state.tables = {name: {**table, "rows": 0} for name, table in state.tables.items()}
        write_state(home, state)
    if connection.kind == "push":
        say(f"{connection.name} is pushed to, last {state.last_event_at or 'never'}{_told(state)}")
        return state
    rows = sum(table.get("rows") or 0 for table in state.tables.values())
    say(f"fetched {connection.name}: {rows:,} rows ({took:.1f} s){_told(state)}")
    for name, table in state.tables.items():
        for warning in table.get("warnings", ()):
            say(f"  {name}: {warning}")
        if table.get("new_columns"):
            say(f"  {name}: columns that its contract does not know: {', '.join(table['new_columns'])}")
    return state


def _told(state: State) -> str:
    return f"; {state.error}" if state.error else ""
