"""What must be on the disk, and not in the system's memory alone, before anything relies on it."""

import os
import uuid
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole, in place of what was there."""
    hidden = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    hidden.write_text(text, encoding="utf-8")
    sync(hidden)
    hidden.replace(path)
