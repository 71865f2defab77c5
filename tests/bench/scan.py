"""Every column of every raw file read once, and nothing done with it: what no contender can be faster than."""

from datetime import datetime
from pathlib import Path

import duckdb

from tests.bench.company import TABLES


def run(source: Path, as_of: datetime, out: Path) -> None:
    """Read all files below `source`; nothing is written."""
    with duckdb.connect() as connection:
        for table in TABLES:
            files = str(source / table.source / table.name / "*" / "*.parquet")
            connection.execute(
                "select count(*), bit_xor(hash(columns(*))) from read_parquet($1)", [files]
            ).fetchall()
