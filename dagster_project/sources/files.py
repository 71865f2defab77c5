"""Files of a source table: which there are, what each holds, and whether one is fit to be read.

Belongs here: everything about a file as bytes (hash, encoding, manifest, header). Its rows are the business
of readers.
"""

import csv
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.sentences import Sentence, join, listed, say

from .contracts import TableContract
from .marked_yaml import closest
from .textfiles import Unfit, read_text

MANIFEST_SUFFIX = ".manifest.json"
RETIRED_SUFFIX = ".retired.json"  # what is left of a manifest where the file was retired
RELEASE_SUFFIX = ".ok"
_DROP_DATE = re.compile(r"^(\d{4})-?(\d{2})-?(\d{2})$")
_FETCHED_AT = re.compile(r"-(\d{8}T\d{12})Z\.\w+$")  # as connections name what they fetched


@dataclass(frozen=True)
class Refusal:
    """A file that was not landed: why, and what to do."""

    file: str
    reason: Sentence
    remedy: Sentence


@dataclass(frozen=True)
class Found:
    """A file as the folder lists it. `file` is relative to the source folder, `recorded_at` the file's own
    time."""

    file: str
    path: Path
    bytes: int
    modified_ns: int
    drop_date: date | None
    recorded_at: datetime

    @property
    def rank(self) -> tuple[datetime, str]:
        """Of two files with the same content the smaller holds it, so that the order of arrival is no
        matter."""
        return (self.recorded_at, self.file)


@dataclass(frozen=True)
class Inspected:
    """A file that is fit to be read. `read_path` is the file or its copy in UTF-8 with plain line ends;
    `lines` counts its line ends (csv, json, jsonl); `header` holds its columns (none for json, jsonl); `expected_rows`
    is its manifest's; `types`: a Parquet file's own, where they are the contract's."""

    found: Found
    sha256: str
    read_path: Path
    lines: int
    header: tuple[str, ...]
    extra: tuple[str, ...]
    expected_rows: int | None
    has_manifest: bool
    is_released: bool
    types: tuple[str, ...] = ()

    @property
    def load_id(self) -> str:
        return self.sha256[:16]


@dataclass(frozen=True)
class Batch:
    """Files read together: all with the same header, and the same types where those are used. `field_names` are the
    columns of `parts`, in order; of files that are typed no text is made."""

    files: Sequence[Inspected]
    field_names: tuple[str, ...]
    is_typed: bool = False


def discover(source_dir: Path, contract: TableContract) -> list[Found]:
    """The table's files below the source folder, without manifests, releases and hidden files, by name."""
    zone = ZoneInfo(contract.zone)
    paths = {path for pattern in contract.files for path in source_dir.glob(pattern)}
    found = []
    for path in sorted(paths):
        is_companion = path.name.endswith(
            (MANIFEST_SUFFIX, RETIRED_SUFFIX, RELEASE_SUFFIX)
        ) or path.name.startswith((".", "~$"))
        if is_companion or not path.is_file():
            continue
        state = path.stat()
        file = path.relative_to(source_dir).as_posix()
        drop_date = _drop_date(file)
        recorded_at = (
            datetime.combine(drop_date + timedelta(days=1), datetime.min.time(), zone)
            if drop_date
            else _fetched_at(file) or datetime.fromtimestamp(state.st_mtime_ns // 1000 / 1e6, UTC)
        )
        found.append(
            Found(file, path, state.st_size, state.st_mtime_ns, drop_date, recorded_at.astimezone(UTC))
        )
    return found


def inspect(found: Found, contract: TableContract, spool: Path) -> Inspected:
    """Reads a file once as bytes: hash, encoding, manifest, header, final line end.

    Args:
        spool: a folder for the copy of a file that DuckDB cannot read as it is.

    Raises:
        Unfit: with the reason and the remedy.
    """
    manifest = _manifest(found)
    if manifest and manifest.get("encoding"):
        contract = replace(contract, encoding=str(manifest["encoding"]))
    if manifest and manifest.get("bytes") is not None and manifest["bytes"] != found.bytes:
        raise Unfit(say("bytes_differ", bytes=found.bytes, stated=manifest["bytes"]), say("again_every_run"))
    if contract.format in ("csv", "json", "jsonl"):
        sha256, lines, ends_with_newline, read_path = read_text(found.path, contract, spool)
    else:
        sha256, lines, ends_with_newline, read_path = _digest(found.path), 0, True, found.path
    if manifest and manifest.get("sha256") and manifest["sha256"].lower() != sha256:
        raise Unfit(say("checksum_differs"), say("again_with_manifest"))
    is_released = found.path.with_name(found.path.name + RELEASE_SUFFIX).exists()
    # a whole document shows by itself that it is whole
    may_end_anywhere = contract.format == "json" and found.bytes > 0
    if not ends_with_newline and not (manifest or is_released or may_end_anywhere):
        raise Unfit(
            say("no_line_end" if found.bytes else "empty"),
            say("again_or_vouch", name=f"{found.path.name}{RELEASE_SUFFIX}"),
        )
    state = found.path.stat()
    if (state.st_size, state.st_mtime_ns) != (found.bytes, found.modified_ns):
        raise Unfit(say("being_written"), say("nothing_to_do"))
    header, extra = _header(read_path, contract) if contract.format == "csv" else ((), ())
    if not ends_with_newline and found.bytes:
        lines += 1
    return Inspected(
        found=found,
        sha256=sha256,
        read_path=read_path,
        lines=lines,
        header=header,
        extra=extra,
        expected_rows=manifest.get("rows") if manifest else None,
        has_manifest=manifest is not None,
        is_released=is_released,
    )


def check_header(header: tuple[str, ...], contract: TableContract) -> tuple[str, ...]:
    """The columns of a file that its contract does not know.

    Raises:
        Unfit: a column of the contract is missing, or one stands twice.
    """
    wanted = [column.name for column in contract.columns]
    extra = tuple(name for name in header if name not in wanted)
    missing = [name for name in wanted if name not in header]
    if missing:
        names, back = listed(missing), say("header_back", place=f"{contract.file}:{contract.line}")
        if not extra:
            raise Unfit(say("columns_missing", names=names), back)
        hints = join("next", [_hint(name, extra) for name in missing])
        raise Unfit(say("columns_missing_hints", names=names, hints=hints), back)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Unfit(say("columns_twice", names=listed(twice)), say("name_once"))
    return extra


def _hint(name: str, others: Sequence[str]) -> Sentence:
    """What a missing column may be called instead."""
    if close := closest(name, others):
        return say("hint_closest", name=name, closest=close)
    return say("hint_others", name=name, others=listed(sorted(others)))


def _drop_date(file: str) -> date | None:
    """The last folder of the path that is a date."""
    for part in reversed(file.split("/")[:-1]):
        match = _DROP_DATE.match(part)
        if match:
            try:
                return date(*map(int, match.groups()))
            except ValueError:
                continue
    return None


def _fetched_at(file: str) -> datetime | None:
    """The instant in the name of a file that a connection wrote: it stays when the file is copied back."""
    match = _FETCHED_AT.search(file)
    return datetime.strptime(match[1] + "+0000", "%Y%m%dT%H%M%S%f%z") if match else None


def _manifest(found: Found) -> dict[str, Any] | None:
    path = found.path.with_name(found.path.name + MANIFEST_SUFFIX)
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Unfit(say("manifest_not_json", name=path.name), say("manifest_again")) from error
    if not isinstance(manifest, dict):
        raise Unfit(say("manifest_not_object", name=path.name), say("manifest_again"))
    named = manifest.get("file")
    if named is not None and Path(str(named)).name != found.path.name:
        raise Unfit(say("manifest_of_other", file=named), say("manifest_of_this"))
    for key in ("rows", "bytes"):
        if manifest.get(key) is not None and not isinstance(manifest[key], int):
            raise Unfit(say("manifest_number", key=key), say("manifest_again"))
    return manifest


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _header(path: Path, contract: TableContract) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with path.open("r", encoding="utf-8-sig", newline="\n") as stream:
        first = stream.readline().rstrip("\n")
    names = next(csv.reader([first], delimiter=contract.delimiter), [])
    header = tuple(name.strip() for name in names)
    return header, check_header(header, contract)
