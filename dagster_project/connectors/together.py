"""Fetching many connections at once, each in a process of its own: none waits for another, none can bring down another.

The processes are forks of one that has read the profile and opened nothing, so each begins at once.
"""

import ctypes
import importlib
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    fetches = Fetches(profile, source_dir, home, say, window)
    waiting, states = list(connections), []
    while waiting or fetches.running:
        while waiting and len(fetches.running) < AT_ONCE:
            fetches.start(waiting.pop(0))
        states += fetches.ended()
        time.sleep(POLL_SECONDS)
    return states


class Fetches:
    """Fetches that run, each in a process of its own; who asks does not wait."""

    def __init__(
        self,
        profile: Profile,
        source_dir: Path,
        home: Path,
        say: Callable[[str], object],
        window: Window | None = None,
    ) -> None:
        self.profile, self.window = profile, window
        self.source_dir, self.home, self.say = source_dir, home, say
        self.running: list[_Fetch] = []
        with suppress(ModuleNotFoundError):
            # DuckDB wants it for the first value bound: once, not in each fork
            importlib.import_module("pandas")

    def start(self, connection: Connection) -> None:
        arguments = (self.profile, connection, self.source_dir, self.home, self.window)
        process = FORKS.Process(target=_fetch, args=arguments, name=connection.name, daemon=True)
        process.start()
        self.running.append(_Fetch(connection, process, time.monotonic()))

    def ended(self) -> list[State]:
        """What became of those that have ended since last asked; one that is late is ended."""
        over = [one for one in self.running if one.is_late or not one.process.is_alive()]
        self.running = [one for one in self.running if one not in over]
        return [_end(one, self.home, self.say) for one in over]

    def stop(self) -> None:
        """End those that run."""
        for one in self.running:
            one.process.kill()
            one.process.join()
        self.running = []


def end_with_parent() -> None:
    """Have a fork ended when its parent is, however that ends: one that hangs would hold its locks for ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _fetch(
    profile: Profile, connection: Connection, source_dir: Path, home: Path, window: Window | None
) -> None:
    end_with_parent()
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
        state.attempted_at = (datetime.now(UTC) - timedelta(seconds=took)).isoformat()
        state.error, state.failures, state.seconds = failed_by, state.failures + 1, round(took, 3)
        state.tables = {name: {**table, "rows": 0} for name, table in state.tables.items()}
        write_state(home, state)
    if connection.kind == "push":
        say(f"{connection.name} is pushed to, last {state.last_event_at or 'never'}{_told(state)}")
        return state
    rows = sum(table.get("rows") or 0 for table in state.tables.values())
    counted = "files" if connection.kind == "files" else "rows"
    say(f"fetched {connection.name}: {rows:,} {counted} ({took:.1f} s){_told(state)}")
    for name, table in state.tables.items():
        for warning in table.get("warnings", ()):
            say(f"  {name}: {warning}")
        if table.get("new_columns"):
            say(f"  {name}: columns that its contract does not know: {', '.join(table['new_columns'])}")
    return state


def _told(state: State) -> str:
    return f"; {state.error}" if state.error else ""
