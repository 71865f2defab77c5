"""The inbox of the channel: the files as they came, a journal that is only appended to, and what goes to the night.

A row is known by what it says (`row_id`), so the same row is never counted twice, whatever file it comes in. What is
handed over has its name from its content and is written before the journal says so: after a kill in between the next
attempt writes the same file, and landing knows the same rows.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
JOURNAL = "journal.jsonl"


@dataclass
class Known:
    """What the journal says: uploads by their number, rows by theirs as they stand now, and every entry in order."""

    uploads: dict[str, Entry] = field(default_factory=dict)
    rows: dict[str, Entry] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def queue(self) -> list[Entry]:
        """The rows that wait for a person, the oldest first."""
        return [row for row in self.rows.values() if row["outcome"] == "queued"]

    def lines(self, upload: str) -> list[Entry]:
        """The lines of an upload as they stand now: each is taken, queued or rejected."""
        return [
            self._now(entry)
            for entry in self.entries
            if entry["entry"] == "line" and entry["upload"] == upload
        ]

    def _now(self, line: Entry) -> Entry:
        row = self.rows.get(line["row_id"])
        return {**row, "line": line["line"]} if row and not line.get("reason") else line


class Inbox:
    """The channel's folder in a profile's home; made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> Known:
        """Everything the journal says; a line that a kill cut short says nothing."""
        known = Known()
        for entry in self._entries():
            known.entries.append(entry)
            if entry["entry"] == "upload":
                known.uploads[entry["upload"]] = entry
            elif entry["entry"] == "row":
                known.rows.setdefault(entry["row_id"], entry)
            elif entry["entry"] == "decision":
                known.rows[entry["row_id"]] = {**known.rows[entry["row_id"]], **entry, "entry": "row"}
        return known

    def _entries(self) -> Iterator[Entry]:
        path = self.folder / JOURNAL
        if not path.exists():
            return
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, of this process and of others."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def keep(self, upload: str, name: str, content: bytes) -> None:
        """Keep a file as it came; it may name people, so only the channel reads it."""
        suffix = Path(name).suffix.lower()
        self._write(
            self.folder / "files" / f"{upload}{suffix if suffix in ('.csv', '.txt', '.xlsx') else ''}",
            content,
        )

    def hand_over(self, name: str, rows: list[Entry]) -> None:
        """Write rows for the night, whole or not at all."""
        if rows:
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            self._write(self.folder / "drop" / f"{name}.jsonl", lines.encode())

    def append(self, entries: list[Entry]) -> None:
        """Add entries to the journal, on the disk before this returns."""
        path = self.folder / JOURNAL
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "rb+") as stream:
            if stream.seek(0, os.SEEK_END) and (stream.seek(-1, os.SEEK_END), stream.read(1))[1] != b"\n":
                lines = "\n" + lines  # what a kill cut short stays a line of its own
            stream.write(lines.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists() and path.read_bytes() == content:
            return
        hidden = path.with_name(f".{path.name}.{os.getpid()}")
        with open(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        hidden.rename(path)


def number_of(*parts: str | bytes) -> str:
    """A short number that only the same parts have."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update((part.encode() if isinstance(part, str) else part) + b"\0")
    return digest.hexdigest()[:20]
