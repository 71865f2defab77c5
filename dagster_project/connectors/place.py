"""What every kind of place does: it is opened, asked for tables one by one, and closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dagster_project.connectors.drops import Drops
from dagster_project.sources.connections import Pull


@dataclass(frozen=True)
class Window:
    """A period that is fetched again: from an instant, which is in it, to one that is not; both with a zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Fetched:
    """What came of one table. `last_event_at`: the newest row's own time, where there is one; `gone`: rows that a
    table fetched whole has lost since; `warnings`: what a person should know though nothing failed.
    """

    rows: int = 0
    file: str = ""
    cursor: str | None = None
    last_event_at: str | None = None
    new_columns: tuple[str, ...] = ()
    gone: int = 0
    warnings: tuple[str, ...] = ()
    error: str = ""


class Place(Protocol):
    """An open connection to a place of one kind."""

    def fetch(self, pull: Pull, drops: Drops, window: Window | None) -> Fetched:
        """Bring what is new of a table, or a period of it again. Raises whatever went wrong, with nothing kept."""

    def close(self) -> None:
        """Let go of it."""
