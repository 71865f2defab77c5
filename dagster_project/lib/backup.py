"""Backups of a company: every file once by its content, and a list of files for each time a backup was made.

A backup folder holds `objects/<hash>` and `snapshots/<instant>.json`. What has not changed is neither read nor copied
again; what is restored is compared with its hash, and keeps its time, for that says when a file was recorded.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project import sources
from dagster_project.lib import warehouse
from dagster_project.lib.progress import Say
from dagster_project.settings import Settings
from dagster_project.sources.files import MANIFEST_SUFFIX, RETIRED_SUFFIX

# below the home; the source folder may lie elsewhere and stands beside them as `source`
FOLDERS = ("build", "published", "sources", "inbox")
KEPT = 7  # snapshots
WAIT_SECONDS = 2 * 60 * 60  # for a night to end


class BackupError(RuntimeError):
    """A backup that cannot be made or restored; says what to do."""


@dataclass(frozen=True)
class Told:
    """What was done: files in all, those copied, and their bytes."""

    files: int
    copied: int
    bytes: int


def backup(settings: Settings, folder: Path, say: Say, keep: int = KEPT) -> Told:
    """Back up all that a company cannot be rebuilt without, and what makes its next night short.

    Waits for a night that is running. The last `keep` snapshots stay.

    Raises:
        BackupError: the folder lies within what is backed up, or holds another company.
    """
    for top in (settings.source_dir, *(settings.home / name for name in FOLDERS)):
        if folder.resolve().is_relative_to(top):
            raise BackupError(f"{folder} lies within {top}, which is backed up: name a folder elsewhere")
    with warehouse.build_lock(settings, "backup", WAIT_SECONDS):
        before = _snapshot(settings, folder)
        known = {entry["path"]: entry for entry in before["files"]} if before else {}
        entries, copied, size = [], 0, 0
        for name, path in _files(settings):
            state = path.lstat()
            entry: dict[str, Any] = {"path": name, "bytes": state.st_size, "modified_ns": state.st_mtime_ns}
            if path.is_symlink():
                entries.append({"path": name, "link": os.readlink(path)})
                continue
            seen = known.get(name, {})
            if (seen.get("bytes"), seen.get("modified_ns")) == (state.st_size, state.st_mtime_ns):
                entry["sha256"] = seen["sha256"]
            else:
                entry["sha256"], is_new = _keep(path, folder)
                copied, size = copied + is_new, size + (state.st_size if is_new else 0)
            entries.append(entry)
        content = {"profile": settings.profile, "at": datetime.now(UTC).isoformat(), "files": entries}
        target = folder / "snapshots" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.json"
        _write(target, json.dumps(content, ensure_ascii=False))
    _prune(folder, keep)
    say(f"backed up {len(entries):,} files, {copied:,} of them new ({size / 1e6:,.0f} MB), to {folder}")
    return Told(len(entries), copied, size)


def restore(settings: Settings, folder: Path, say: Say, at: str = "", only: str = "") -> Told:
    """Bring a company back into an empty home, as it was when the snapshot was made; of several the last, or `at`.

    `only` one folder of it: then what is missing there is brought back, and what is there stays.

    Raises:
        BackupError: there is no such snapshot or folder in it, it is another company's, the home is not empty, or an
            object is not what it was.
    """
    snapshot = _snapshot(settings, folder, at)
    if snapshot is None:
        raise BackupError(
            f"{folder} holds no snapshot{f' of {at}' if at else ''}: name a folder of make backup"
        )
    there = {name for name, _ in _files(settings)}
    if there and not only:
        raise BackupError(f"{settings.home} is not empty ({min(there)}): restore into a home of its own")
    wanted = [
        e
        for e in snapshot["files"]
        if not only or (e["path"].startswith(f"{only}/") and e["path"] not in there)
    ]
    if only and not any(e["path"].startswith(f"{only}/") for e in snapshot["files"]):
        held = sorted({e["path"].partition("/")[0] for e in snapshot["files"]})
        raise BackupError(f"ONLY={only}: the snapshot holds {', '.join(held)}")
    size = 0
    for entry in wanted:
        path = _place(settings, entry["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in entry:
            path.symlink_to(entry["link"])
            continue
        hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        shutil.copyfile(_object(folder, entry["sha256"]), hidden)
        if _digest(hidden) != entry["sha256"]:
            hidden.unlink()
            raise BackupError(f"{entry['path']} is damaged in {folder}: restore an earlier snapshot, AT=")
        os.utime(hidden, ns=(entry["modified_ns"], entry["modified_ns"]))
        hidden.rename(path)
        size += entry["bytes"]
    say(f"restored {len(wanted):,} files ({size / 1e6:,.0f} MB) of {snapshot['at']}")
    return Told(len(snapshot["files"]), len(wanted), size)


def retire(settings: Settings, folder: Path, before: date, say: Say) -> Told:
    """Remove raw files that were recorded before a day, have landed, and lie in the last snapshot as they are.

    The newest drop of each connection stays, for it holds the cursor. A rebuild needs the files back: it says so.
    """
    snapshot = _snapshot(settings, folder)
    if snapshot is None:
        raise BackupError(f"{folder} holds no snapshot: make backup TO={folder} first")
    if not settings.build_file.exists():
        raise BackupError(f"nothing has landed in {settings.home}: make run first")
    kept = {entry["path"]: entry for entry in snapshot["files"]}
    profile = sources.load_profile(settings.profile_dir)
    removed, size = 0, 0
    with warehouse.build_lock(settings, "retire", WAIT_SECONDS):
        with duckdb.connect(str(settings.build_file), read_only=True) as connection:
            landed = connection.execute(
                "select file from meta.files where status = 'loaded' and file_recorded_at < $1",
                [datetime.combine(before, datetime.min.time(), UTC)],
            ).fetchall()
        newest = _newest_drops(settings, profile)
        for (file,) in landed:
            path = settings.source_dir / file
            entry = kept.get(f"source/{file}")
            if not path.is_file() or path in newest or entry is None:
                continue
            state = path.stat()
            if (entry["bytes"], entry["modified_ns"]) != (state.st_size, state.st_mtime_ns):
                continue
            path.unlink()
            manifest = path.with_name(path.name + MANIFEST_SUFFIX)
            if manifest.exists() and "taken_from" in json.loads(manifest.read_text(encoding="utf-8")):
                manifest.rename(
                    path.with_name(path.name + RETIRED_SUFFIX)
                )  # it may still lie where it was taken
            manifest.unlink(missing_ok=True)
            removed, size = removed + 1, size + state.st_size
    say(f"retired {removed:,} raw files of before {before} ({size / 1e6:,.0f} MB); they lie in {folder}")
    return Told(len(landed), removed, size)


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """What is backed up: a name in the backup, and where it lies."""
    for name, top in (("source", settings.source_dir), *((name, settings.home / name) for name in FOLDERS)):
        for path in sorted(top.rglob("*")) if top.is_dir() else ():
            is_passing = path.suffix in (".lock", ".owner", ".wal", ".tmp") or ".spill" in path.parts
            if (path.is_symlink() or path.is_file()) and not is_passing:
                yield f"{name}/{path.relative_to(top).as_posix()}", path


def _place(settings: Settings, name: str) -> Path:
    top, _, rest = name.partition("/")
    return (settings.source_dir if top == "source" else settings.home / top) / rest


def _newest_drops(settings: Settings, profile: sources.Profile) -> set[Path]:
    newest = set()
    for connection in profile.connections:
        for pull in connection.pulls:
            folder = settings.source_dir / connection.source / pull.table
            drops = sorted(folder.glob(f"*/{connection.name}-*Z.*"), key=lambda path: path.name)
            newest |= set(
                [path for path in drops if not path.name.endswith((MANIFEST_SUFFIX, RETIRED_SUFFIX))][-1:]
            )
    return newest


def _snapshot(settings: Settings, folder: Path, at: str = "") -> dict[str, Any] | None:
    """The last snapshot, or the last whose name begins with `at`.

    Raises:
        BackupError: it is another company's.
    """
    found = sorted((folder / "snapshots").glob(f"{at}*.json"))
    if not found:
        return None
    snapshot: dict[str, Any] = json.loads(found[-1].read_text(encoding="utf-8"))
    if snapshot["profile"] != settings.profile:
        what = f"{folder} holds the profile {snapshot['profile']}, not {settings.profile}"
        raise BackupError(f"{what}: a folder of backups for each")
    return snapshot


def _object(folder: Path, digest: str) -> Path:
    return folder / "objects" / digest[:2] / digest


def _keep(path: Path, folder: Path) -> tuple[str, bool]:
    """Copy a file to its hash; hands back the hash, and whether it was not there yet."""
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    hidden = folder / "objects" / f".{uuid.uuid4().hex}"
    shutil.copyfile(path, hidden)
    digest = _digest(hidden)
    target = _object(folder, digest)
    if target.exists():
        hidden.unlink()
        return digest, False
    target.parent.mkdir(parents=True, exist_ok=True)
    with hidden.open("rb+") as stream:
        os.fsync(stream.fileno())
    hidden.rename(target)
    return digest, True


def _prune(folder: Path, keep: int) -> None:
    """Forget old snapshots, objects that no snapshot names, and what a killed backup left."""
    found = sorted((folder / "snapshots").glob("*.json"))
    for path in found[: -keep or None]:
        path.unlink()
    named = {
        entry.get("sha256")
        for path in found[-keep:]
        for entry in json.loads(path.read_text(encoding="utf-8"))["files"]
    }
    for path in (folder / "objects").rglob("*"):
        if path.is_file() and path.name not in named:
            path.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}")
    with hidden.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    hidden.rename(path)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
