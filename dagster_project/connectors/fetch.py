"""One fetch of one connection: every table by itself, and what became of it written down.

Belongs here: the order of things, the lock, and the state file. How a kind of place is asked is in its own module.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import duckdb
from filelock import FileLock

from dagster_project.connectors import folder, rest, spool, sql
from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Fetched, Place, Window
from dagster_project.connectors.unreached import unreached
from dagster_project.disk import replace_text
from dagster_project.sources.connections import Connection, filled, secrets_of
from dagster_project.sources.profile import Profile

MEMORY = "512MB"
GRACE = 1.5  # rhythms that may pass without a success before a connection counts as late


@dataclass
class State:
    """What is known of a connection; one small JSON file, replaced whole. It is late after `due_by`."""

    name: str
    source: str
    kind: str
    every_seconds: float
    attempted_at: str | None = None
    succeeded_at: str | None = None
    due_by: str | None = None
    last_event_at: str | None = None
    seconds: float = 0
    failures: int = 0
    error: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def is_late(self, now: datetime) -> bool:
        """Whether its next success is overdue; one that never had any is."""
        return self.due_by is None or now > datetime.fromisoformat(self.due_by)


def state_file(home: Path, name: str) -> Path:
    return home / "sources" / f"{name}.json"


def read_state(home: Path, connection: Connection) -> State:
    """The state as last written, or an empty one."""
    state = State(connection.name, connection.source, connection.kind, connection.every.total_seconds())
    path = state_file(home, connection.name)
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
        state = State(**{**asdict(state), **{key: known[key] for key in asdict(state) if key in known}})
        state.every_seconds = connection.every.total_seconds()
    return state


def write_state(home: Path, state: State) -> None:
    path = state_file(home, state.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(asdict(state), ensure_ascii=False, indent=1))


def fetch(
    profile: Profile,
    connection: Connection,
    source_dir: Path,
    home: Path,
    window: Window | None = None,
    environment: Mapping[str, str] = os.environ,
) -> State:
    """Fetch all tables of a connection; one that fails does not stop the others.

    Returns:
        The state, as it was also written: `error` says what went wrong, "" if nothing did.

    Raises:
        filelock.Timeout: it is being fetched by another process.
    """
    (home / "sources").mkdir(parents=True, exist_ok=True)
    with FileLock(home / "sources" / f".{connection.name}.lock", timeout=0):
        state = read_state(home, connection)
        state.attempted_at = datetime.now(UTC).isoformat()
        if connection.kind == "push":
            return _look(profile, connection, source_dir, home, state)
        began = time.monotonic()
        errors = _fetch_tables(profile, connection, source_dir, home, state, window, environment)
        state.seconds = round(time.monotonic() - began, 3)
        state.error = "; ".join(errors)
        state.failures = state.failures + 1 if errors else 0
        if not errors:
            now = datetime.now(UTC)
            state.succeeded_at, state.due_by = now.isoformat(), (now + GRACE * connection.every).isoformat()
        events = [table["last_event_at"] for table in state.tables.values() if table.get("last_event_at")]
        state.last_event_at = max(events, default=None)
        write_state(home, state)
    return state


def _look(profile: Profile, connection: Connection, source_dir: Path, home: Path, state: State) -> State:
    """Nobody is asked for what is pushed: its state is the receiver's, while there is one."""
    made, error = spool.look(profile, connection, source_dir, home)
    if error:
        state.tables |= made
        state.error, state.failures = error, state.failures + 1
        write_state(home, state)
    return state


def _fetch_tables(
    profile: Profile,
    connection: Connection,
    source_dir: Path,
    home: Path,
    state: State,
    window: Window | None,
    environment: Mapping[str, str],
) -> list[str]:
    # whatever ends it before its tables are asked, nothing came
    state.tables = {name: {**table, "rows": 0, "warnings": []} for name, table in state.tables.items()}
    unset = [name for name in connection.variables if not environment.get(name)]
    if unset:
        return [f"{', '.join(unset)} not set in the environment"]
    settings = filled(connection.settings, dict(environment))
    if str(settings.get("folder", "")).startswith("inbox/"):
        settings |= {"folder": str(home / settings["folder"]), "may_be_missing": True}
    settings |= {
        "published": home / "published" / "warehouse.duckdb",
        "seconds": connection.deadline.total_seconds(),
    }
    asked = [connection.settings, *(pull.settings for pull in connection.pulls)]
    secrets = [secret for one in asked for secret in secrets_of(one, dict(environment))]
    errors = []
    # a scanner came by its hash in requirements.lock; to have its signature checked, too, costs more than all else
    with duckdb.connect(
        config={"memory_limit": MEMORY, "threads": 2, "allow_unsigned_extensions": True}
    ) as duck:
        duck.execute("SET TimeZone = $1", [profile.timezone])
        duck.execute("SET temp_directory = $1", [str(source_dir / connection.source / ".spill")])
        try:
            place = _open(connection.kind, settings, duck)
        except Exception as error:
            named = ", ".join(connection.variables) or connection.file
            return [f"not to be opened, check {named}: {_without(secrets, _said(error))}"]
        try:
            for pull in connection.pulls:
                drops = Drops(source_dir, profile.contract(connection.source, pull.table), connection.name)
                own = replace(pull, settings=filled(pull.settings, dict(environment)))
                try:
                    fetched = place.fetch(own, drops, window)
                except Exception as error:
                    fetched = Fetched(error=_said(error))
                if fetched.error:
                    fetched = replace(fetched, error=_without(secrets, fetched.error))
                    errors.append(f"{pull.table}: {fetched.error}")
                known = state.tables.get(pull.table, {})
                state.tables[pull.table] = {
                    **asdict(fetched),
                    "asked_at": state.attempted_at,
                    "cursor": fetched.cursor or drops.cursor(),
                    "last_event_at": fetched.last_event_at or known.get("last_event_at"),
                }
        finally:
            place.close()
    return errors


def _open(kind: str, settings: dict[str, Any], duck: duckdb.DuckDBPyConnection) -> Place:
    kinds: dict[str, Callable[..., Place]] = {
        "files": folder.Folder,
        "sql": sql.Database,
        "rest": rest.Service,
    }
    return kinds[kind](settings, duck)


def _said(error: Exception) -> str:
    """What an error says, in one line."""
    return unreached(error) or " ".join(str(error).split()) or type(error).__name__


def _without(secrets: list[str], said: str) -> str:
    """A message without the secrets that it may quote, also as they stand in an address."""
    for secret in sorted({*secrets, *(quote_plus(secret) for secret in secrets)}, key=len, reverse=True):
        said = said.replace(secret, "•••") if secret else said
    return said[:500]
