"""A watched folder: a share or mailbox folder into which others put files of any name.

A file is taken once it has not changed for a minute, as it is, under a name that says which and when; what it holds is
judged when it lands. A file that is changed later is taken again; one that was retired is not. A folder below `inbox/`
is one of the profile's own home: until somebody puts something there it need not exist.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Fetched, Window
from dagster_project.sources.connections import Pull

QUIET_SECONDS = 60


class Folder:
    """A folder that can be read."""

    def __init__(self, settings: dict[str, Any], duck: duckdb.DuckDBPyConnection) -> None:
        self.folder = Path(settings["folder"]).expanduser()
        if not self.folder.is_dir() and not settings.get("may_be_missing"):
            raise FileNotFoundError(f"no folder {self.folder}: is the share mounted?")

    def fetch(self, pull: Pull, drops: Drops, window: Window | None) -> Fetched:
        known = drops.taken()
        taken: list[str] = []
        newest = 0
        for path in sorted(self.folder.glob(str(pull.settings.get("pattern", "*")))):
            state = path.stat()
            newest = max(newest, state.st_mtime_ns)
            is_new = (path.relative_to(self.folder).as_posix(), state.st_mtime_ns) not in known
            if not path.is_file() or path.name.startswith((".", "~$")) or not is_new:
                continue
            if time.time_ns() - state.st_mtime_ns < QUIET_SECONDS * 1_000_000_000:
                continue  # perhaps still being written; the next fetch takes it
            taken.append(drops.take(path, path.relative_to(self.folder).as_posix(), state.st_mtime_ns).file)
        at = datetime.fromtimestamp(newest / 1e9, UTC).isoformat() if newest else None
        return Fetched(rows=len(taken), file=", ".join(taken[:5]), last_event_at=at)

    def close(self) -> None:
        pass
