"""The bench company's figures by hand, in DuckDB: `python -m tests.bench.by_hand SOURCE AS_OF OUT`.

Belongs here: running by_hand.sql and by_hand_steps.sql, and how much memory they may take. Not here: any figure.
"""

import sys
from datetime import datetime
from pathlib import Path

import duckdb

SQL = (Path(__file__).with_name("by_hand.sql"), Path(__file__).with_name("by_hand_steps.sql"))
REFERENCE = Path(__file__).parent / "profile" / "reference"
MILESTONES = Path(__file__).parents[2] / "dbt" / "seeds" / "milestones.csv"
THREADS = 2
SMALL_TRACKS = 400 * 2**20  # bytes of the largest table's files, at about a million and a half orders


def run(source: Path, as_of: datetime, out: Path) -> None:
    """Write the tables verdicts, rates, deviations, bridge and lateness to the DuckDB file `out`, made anew."""
    out.unlink(missing_ok=True)
    settings = {"threads": THREADS, "memory_limit": _memory(source), "preserve_insertion_order": False}
    with duckdb.connect(str(out), config=settings) as connection:
        for name, value in {
            "source": str(source),
            "reference": str(REFERENCE),
            "milestones": str(MILESTONES),
            "as_of": as_of,
        }.items():
            connection.execute(f"set variable {name} = ?", [value])
        for file in SQL:
            connection.execute(file.read_text(encoding="utf-8"))


def _memory(source: Path) -> str:
    """With what a process takes beside it: under 2 GB for a million orders, under 4 GB for five."""
    tracks = sum(file.stat().st_size for file in (source / "carrier" / "tracks").glob("*/*.parquet"))
    return "1700MB" if tracks < SMALL_TRACKS else "3500MB"


def main() -> None:
    source, as_of, out = sys.argv[1:]
    run(Path(source), datetime.fromisoformat(as_of), Path(out))


if __name__ == "__main__":
    main()
