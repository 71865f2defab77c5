"""Drops: what a connection fetched of one table, as an immutable file with a manifest, whole or not there.

The cursor of a table is what the newest manifest says whose file is there, so it moves with the rows or not at all.
A file gets its name once it is whole: a kill at any point leaves at most a hidden file, which the next fetch removes.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.disk import replace_text, sync
from dagster_project.sources import sql
from dagster_project.sources.contracts import Column, TableContract
from dagster_project.sources.files import MANIFEST_SUFFIX, RETIRED_SUFFIX

_NAIVE, _ZONED = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"


@dataclass(frozen=True)
class Drop:
    """A file that was written: relative to the source folder, with its rows where they are known."""

    file: str
    rows: int | None


class Drops:
    """The drops of one table by one connection, below the profile's source folder."""

    def __init__(self, source_dir: Path, contract: TableContract, connection: str) -> None:
        self.source_dir = source_dir
        self.contract = contract
        self.connection = connection
        self.folder = source_dir / contract.source / contract.name

    def cursor(self) -> str | None:
        """How far the table has been fetched, as text; None at first, and of tables that are fetched whole."""
        for manifest in self.manifests():
            if manifest.get("cursor") is not None:
                return str(manifest["cursor"])
        return None

    def manifests(self) -> Iterator[dict[str, Any]]:
        """The manifests of whole drops, the newest first; read one by one as they are asked for."""
        pattern = f"*/{self.connection}-*Z.{self.contract.format}"
        for path in sorted(self.folder.glob(pattern), key=lambda path: path.name, reverse=True):
            beside = path.with_name(path.name + MANIFEST_SUFFIX)
            if beside.exists():
                yield json.loads(beside.read_text(encoding="utf-8"))

    def taken(self) -> set[tuple[str, int]]:
        """Files of a folder that were taken over, also those retired since, and when each had been changed."""
        notes = [*self.manifests()]
        for path in self.folder.glob(f"*/{self.connection}-*{RETIRED_SUFFIX}"):
            notes.append(json.loads(path.read_text(encoding="utf-8")))
        return {(note["taken_from"], note["changed_ns"]) for note in notes if "taken_from" in note}

    def write(
        self, duck: duckdb.DuckDBPyConnection, rows: str, cursor: str | None = None, **noted: Any
    ) -> Drop | None:
        """Write the rows of a query as the contract's format says; None if there are none.

        Args:
            rows: a query whose columns have the contract's names; others are taken along.
            cursor: how far the table is fetched with these rows.
            noted: what else the manifest shall say, such as the period asked for.

        Raises:
            duckdb.Error: the query failed; nothing is left.
        """
        noted["encoding"] = "utf-8"  # whatever the source's own files are in
        return self._keep(lambda path: self._copy(duck, rows, path), cursor, noted)

    def take(self, path: Path, taken_from: str, changed_ns: int) -> Drop:
        """Take a file over as it is; how many rows it holds is not known."""

        def copied(hidden: Path) -> None:
            shutil.copyfile(path, hidden)

        noted = {"taken_from": taken_from, "changed_ns": changed_ns}
        drop = self._keep(copied, None, noted, named="".join(re.findall(r"[\w-]+", path.stem))[:40])
        assert drop is not None  # only what was written without a row is not kept
        return drop

    def _copy(self, duck: duckdb.DuckDBPyConnection, rows: str, path: Path) -> int:
        described = duck.execute(f"DESCRIBE {rows}").fetchall()
        if [(name, type_) for name, type_, *_ in described] == [
            ("record", "JSON")
        ]:  # a line each, as it came
            copied = duck.execute(
                f"COPY ({rows}) TO {sql.text(str(path))} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '',"
                " DELIMITER '\x01')"
            )
            return int(copied.fetchone()[0])  # type: ignore[index]
        columns = ", ".join(self._written(name, type_) for name, type_, *_ in described)
        options = {
            "csv": f"FORMAT csv, HEADER, DELIMITER {sql.text(self.contract.delimiter)}",
            "jsonl": "FORMAT json",
            "parquet": "FORMAT parquet, COMPRESSION zstd",
        }[self.contract.format]
        copied = duck.execute(f"COPY (SELECT {columns} FROM ({rows})) TO {sql.text(str(path))} ({options})")
        (count,) = copied.fetchone()  # type: ignore[misc]
        return int(count)

    def _written(self, name: str, type_: str) -> str:
        """A column as the source's own files would spell it; Parquet keeps its type."""
        quoted = sql.name(name)
        column = self.contract.column(name)
        if self.contract.format == "parquet" or column is None:
            return quoted
        return f"{_spelled(quoted, type_, column)} AS {quoted}"

    def _keep(
        self,
        write: Callable[[Path], int | None],
        cursor: str | None,
        noted: dict[str, Any],
        named: str = "",
    ) -> Drop | None:
        now = datetime.now(UTC)
        month = self.folder / now.strftime("%Y-%m")
        month.mkdir(parents=True, exist_ok=True)
        self._clear()
        # whoever is told of a file of a folder is to know it again
        name = "-".join(filter(None, (self.connection, named, f"{now:%Y%m%dT%H%M%S%f}Z")))
        path = month / f"{name}.{self.contract.format}"
        hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            rows = write(hidden)
            if rows == 0:
                return None
            digest, size = _settled(hidden)
            manifest = {
                "file": path.name,
                "rows": rows,
                "bytes": size,
                "sha256": digest,
                "connection": self.connection,
                "fetched_at": now.isoformat(),
                "cursor": cursor,
                **noted,
            }
            replace_text(
                path.with_name(path.name + MANIFEST_SUFFIX), json.dumps(manifest, ensure_ascii=False)
            )
            hidden.rename(path)
            sync(month)
        finally:
            hidden.unlink(missing_ok=True)
        return Drop(path.relative_to(self.source_dir).as_posix(), rows)

    def _clear(self) -> None:
        """Remove what a killed fetch left; a connection is fetched by one process at a time."""
        for path in self.folder.glob(f"*/.{self.connection}-*"):
            path.unlink(missing_ok=True)


def _spelled(value: str, type_: str, column: Column) -> str:
    if type_ in (_NAIVE, _ZONED) and column.type == "timestamp":
        local = value if type_ == _NAIVE else f"({value} AT TIME ZONE {sql.text(column.zone)})"
        finer = next((form for form in column.formats if form.endswith("%f")), column.formats[0])
        return (
            f"CASE WHEN date_part('microsecond', {local}) % 1000000 = 0 THEN"
            f" strftime({local}, {sql.text(column.formats[0])}) ELSE strftime({local}, {sql.text(finer)}) END"
        )
    if type_ == _ZONED:
        return f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f') || '+00:00'"
    if type_ == "DATE" and column.type == "date":
        return f"strftime({value}, {sql.text(column.formats[0])})"
    return f"CAST({value} AS VARCHAR)"


def _settled(path: Path) -> tuple[str, int]:
    """The hash and size of a file, once it is on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest, path.stat().st_size
