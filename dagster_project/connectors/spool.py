"""What is pushed to us, on its way from a request to a drop: on the disk before anybody is told that we have it.

A spool is a file of one table, a document a line. It is sealed once a minute, or when it has grown: its documents
become a drop like any other, and it goes. What a kill leaves is sealed by whoever comes next, once, for a drop's
manifest names the spool that it is made of; a line that is cut off was never answered.
"""

import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Fetched
from dagster_project.disk import sync
from dagster_project.sources import sql
from dagster_project.sources.connections import Connection
from dagster_project.sources.profile import Profile

MEMORY = "512MB"
LOOKED_AT = 100  # newest manifests that may name a spool which outlived its drop


def lock(home: Path, connection: Connection, wait: float = 0) -> FileLock:
    """Held by the one process that receives for a connection."""
    (home / "received").mkdir(parents=True, exist_ok=True)
    return FileLock(home / "received" / f".{connection.name}.lock", timeout=wait)


class Spool:
    """The spools of one table: one is open for lines, others wait to be sealed."""

    def __init__(
        self, profile: Profile, connection: Connection, table: str, source_dir: Path, home: Path
    ) -> None:
        (pull,) = (pull for pull in connection.pulls if pull.table == table)
        self.drops = Drops(source_dir, profile.contract(connection.source, table), connection.name)
        self.document = str(pull.settings.get("document", "$"))
        self.folder = home / "received" / connection.name / table
        self.file: Path | None = None
        self.descriptor = -1
        self.lines, self.bytes = 0, 0
        self.fresh: set[str] = set()  # spools of this process that nobody has tried to seal

    def write(self, documents: Sequence[bytes]) -> None:
        """Append documents, none of which holds a line end; when this returns they are on the disk.

        Raises:
            OSError: they may not be; their senders will send them again.
        """
        if self.file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = self.folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{uuid.uuid4().hex[:8]}.jsonl"
            self.descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            self.file, self.lines, self.bytes = file, 0, 0
            self.fresh.add(file.name)
        piece = b"".join(document + b"\n" for document in documents)
        try:
            written = 0
            while written < len(piece):
                written += os.write(self.descriptor, piece[written:])
            os.fsync(self.descriptor)
            if not self.bytes:
                sync(self.folder)  # the name too
        except OSError:
            self.close()  # a line may be cut off: nothing may follow it
            raise
        self.lines += len(documents)
        self.bytes += len(piece)

    def close(self) -> None:
        """Let the next line begin another spool."""
        if self.file is not None:
            self.file = None
            os.close(self.descriptor)

    def seal(self) -> Fetched | None:
        """Make drops of all spools; None if there is nothing to make one of.

        Raises:
            duckdb.Error, OSError: a spool could not be read or a drop not written; all that is left waits.
        """
        self.close()
        fresh, self.fresh = self.fresh, set()
        made: Fetched | None = None
        with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as duck:
            for file in sorted(self.folder.glob("*.jsonl")):
                is_done = file.name not in fresh and any(
                    manifest.get("received_in") == file.name
                    for manifest in islice(self.drops.manifests(), LOOKED_AT)
                )
                if not is_done and (
                    drop := self.drops.write(duck, self._rows(file), None, received_in=file.name)
                ):
                    at = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
                    rows = (made.rows if made else 0) + (drop.rows or 0)
                    made = Fetched(rows=rows, file=drop.file, last_event_at=at)
                file.unlink()
        return made

    def _rows(self, file: Path) -> str:
        """The documents of a spool, or the part of each that the connection names; what has no such part is kept whole.

        What DuckDB does not take for JSON becomes a text in JSON: its row is quarantined, not lost.
        """
        with file.open("rb+") as stream:
            held = stream.read()
            whole = held.rfind(b"\n") + 1
            if whole < len(held):
                stream.truncate(whole)
        part = "json_extract(document, " + sql.text(self.document) + ")"
        return (
            f"SELECT coalesce({part}, document) AS record FROM ("
            " SELECT CASE WHEN json_valid(line) THEN CAST(line AS JSON) ELSE to_json(line) END AS document"
            f" FROM (SELECT unnest(string_split(content, chr(10))) AS line FROM read_text({sql.text(str(file))}))"
            " WHERE line <> '')"
        )


def look(
    profile: Profile, connection: Connection, source_dir: Path, home: Path
) -> tuple[dict[str, Any], str]:
    """What a fetch does for a connection that is pushed to: nothing while somebody receives.

    Where nobody does, what was left behind is sealed, which is told by table, and that nobody receives is an error.
    """
    try:
        with lock(home, connection):
            made = {}
            for pull in connection.pulls:
                fetched = Spool(profile, connection, pull.table, source_dir, home).seal()
                if fetched:
                    made[pull.table] = {**asdict(fetched), "cursor": None}
            return made, "nobody receives what is pushed: start `make receive`"
    except Timeout:
        return {}, ""
