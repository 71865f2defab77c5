"""The loop's own drops: which there are, what they hold, and their removal."""

import json
import re
from pathlib import Path

import duckdb

from dagster_project.sources.contracts import TableContract
from dagster_project.sources.files import MANIFEST_SUFFIX

NAME = re.compile(
    r"([a-z][a-z0-9_]*)-\d{8}T\d{12}Z\.\w+"
)  # as connections name them; in front their own name


def of(source_dir: Path, contract: TableContract, connection: str) -> list[Path]:
    """The drops of a table by a connection, the newest last."""
    folder = source_dir / contract.source / contract.name
    found = folder.glob(f"*/{connection}-*Z.{contract.format}")
    return sorted((path for path in found if NAME.fullmatch(path.name)), key=lambda path: path.name)


def hash_of(drop: Path) -> str:
    """What a drop's manifest says of its content."""
    manifest = drop.with_name(drop.name + MANIFEST_SUFFIX)
    return str(json.loads(manifest.read_text(encoding="utf-8"))["sha256"])


def remove(
    duck: duckdb.DuckDBPyConnection, source_dir: Path, contract: TableContract, drops: list[Path]
) -> None:
    """Remove drops and take them off the books, the books first: a file that is gone is not asked for."""
    if not drops:
        return
    duck.execute(
        "DELETE FROM meta.files WHERE source = $1 AND table_name = $2 AND list_contains($3, file)",
        [contract.source, contract.name, [path.relative_to(source_dir).as_posix() for path in drops]],
    )
    for path in drops:
        path.unlink(missing_ok=True)
        path.with_name(path.name + MANIFEST_SUFFIX).unlink(missing_ok=True)
