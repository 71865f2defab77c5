"""A copy of a DuckDB file that costs what changed: blocks that an older copy holds already are not written again.

Belongs here: the file as blocks. What is in it, and when it may be read, is publish.py's business.

A DuckDB file is three headers, then blocks of equal size that each begin with an 8-byte checksum of the rest
(DuckDB's storage format; the version is pinned). Blocks with the same checksum at the same place are the same.
"""

import fcntl
import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEADERS = 3 * 4096
BLOCK = 256 * 1024
CHECKSUM = 8
MAGIC = b"DUCK"  # at byte 8
BLOCK_SIZES = (4096 + 40, 2 * 4096 + 40)  # where the second and the third header say how large a block is


@dataclass(frozen=True)
class Copied:
    """What a copy wrote: blocks of the file's own size, of all it has; all of them without an older copy."""

    written: int
    blocks: int


def copy(source: Path, target: Path) -> Copied:
    """Make `target` byte for byte the closed DuckDB file `source`; an older copy at `target` is reused.

    Whoever still reads that older copy keeps it: it is then replaced by a new file, not changed.
    """
    if target.is_file():
        # Opened once, for the lock and for writing: a process that closes any descriptor of a file lets go of the
        # locks by which its own readers hold it.
        with source.open("rb") as new, target.open("r+b") as old:
            if _is_unread(old) and _has_known_layout(new) and _has_known_layout(old):
                return _patch(new.fileno(), old.fileno())
        target.unlink()
    shutil.copyfile(source, target)
    count = (source.stat().st_size - HEADERS) // BLOCK
    return Copied(count, count)


def _patch(new: int, old: int) -> Copied:
    size, held = os.fstat(new).st_size, os.fstat(old).st_size
    written, blocks = 0, range(HEADERS, size, BLOCK)
    for at in blocks:
        if at + BLOCK <= held and _checksum(new, at) == _checksum(old, at):
            continue
        os.pwrite(old, os.pread(new, BLOCK, at), at)
        written += 1
    os.pwrite(old, os.pread(new, HEADERS, 0), 0)
    os.ftruncate(old, size)
    return Copied(written, len(blocks))


def same(one: Path, other: Path) -> bool:
    """Are two closed DuckDB files the same, by their headers and their blocks' checksums?"""
    with one.open("rb") as first, other.open("rb") as second:
        size = os.fstat(first.fileno()).st_size
        return (
            size == os.fstat(second.fileno()).st_size
            and first.read(HEADERS) == second.read(HEADERS)
            and all(
                _checksum(first.fileno(), at) == _checksum(second.fileno(), at)
                for at in range(HEADERS, size, BLOCK)
            )
        )


def _checksum(descriptor: int, at: int) -> bytes:
    return os.pread(descriptor, CHECKSUM, at)


def _has_known_layout(stream: BinaryIO) -> bool:
    head = os.pread(stream.fileno(), HEADERS, 0)
    if len(head) < HEADERS or head[8:12] != MAGIC:
        return False
    sizes = {struct.unpack_from("<Q", head, at)[0] for at in BLOCK_SIZES}
    return sizes == {BLOCK} and (os.fstat(stream.fileno()).st_size - HEADERS) % BLOCK == 0


def _is_unread(stream: BinaryIO) -> bool:
    """DuckDB's readers lock the file they have open, those of this process too: a lock of the open file sees both,
    and keeps others out until the file is closed.
    """
    if not hasattr(fcntl, "F_OFD_SETLK"):
        return False
    try:
        whole = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(stream.fileno(), fcntl.F_OFD_SETLK, whole)
    except OSError:
        return False
    return True
