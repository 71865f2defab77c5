"""How fast connections bring rows, beside DuckDB reading the same rows from a file: `python -m tests.bench.connectors
FOLDER` writes JSON into it.

The rows are the bench company's scans. Each way fetches as a night does, in a process of its own, from a server that
the bench starts, into an empty home; then it lands. Round after round all ways take their turn.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.connectors.fetch import fetch
from dagster_project.connectors.together import fetch_all
from dagster_project.lib.progress import say_line
from dagster_project.settings import REPOSITORY
from dagster_project.sources import sql
from tests.bench import measure
from tests.bench.connectors_servers import PAGE, REST_ROWS, ROWS, SHEET_ROWS, make_files, servers
from tests.connectors.conftest import Landed, written
from tests.servers import databases

ROUNDS = 3
THREADS, MEMORY = 2, "512MB"  # of DuckDB reading files, as of a fetch
CONTRACT = """
source: wms
tables:
  scans:
    files: wms/scans/*/*.FORMAT
    format: FORMAT
    volume: varies
    key: [scan_id]
    recorded_at: recorded_at
    columns:
      scan_id: {type: text, required: true}
      fulfilment_code: {type: text, required: true}
      event_type: {type: text, required: true}
      occurred_at: {type: timestamp, required: true}
      place: {type: text}
      recorded_at: {type: timestamp, required: true}
"""
SERVICE = """
kind: rest
base_url: ${SERVICE}
tables:
  scans: {path: KIND, records: "$.data[*]", pages: PAGES, since: {parameter: since, column: recorded_at}}
"""
PAGES = {
    "page": f"{{by: page, size_parameter: size, size: {PAGE}, total: $.total}}",
    "offset": f"{{by: offset, size_parameter: size, size: {PAGE}, total: $.total}}",
    "cursor": "{by: cursor, parameter: after, next: $.meta.next}",
    "link": "{by: link}",
}
DATABASE = "kind: sql\nengine: ENGINE\nconnect: ${ENGINE}\ntables:\n  scans: {HOW}\n"
FOLDER = "kind: files\nfolder: ${FILES}\ntables:\n  scans: {pattern: '*.FORMAT'}\n"


@dataclass
class Way:
    """One way of bringing rows, and the seconds it took in each round; `parquet` and `csv` are DuckDB's for as many."""

    name: str
    rows: int
    format: str
    connection: str
    is_again: bool = False
    fetch: list[float] = field(default_factory=list)
    landed: list[float] = field(default_factory=list)
    parquet: list[float] = field(default_factory=list)
    csv: list[float] = field(default_factory=list)


def ways() -> list[Way]:
    """All ways; a table read whole is also read a second time, when nothing has changed."""
    found = []
    for engine, title in (("postgres", "PostgreSQL"), ("mysql", "MariaDB"), ("sqlite", "SQLite")):
        text = DATABASE.replace("engine: ENGINE", f"engine: {engine}").replace("ENGINE", engine.upper())
        by_cursor, whole = text.replace("HOW", "cursor: recorded_at"), text.replace("HOW", "full: true")
        found += [
            Way(f"{title}, by cursor", ROWS, "parquet", by_cursor),
            Way(f"{title}, by cursor, as CSV", ROWS, "csv", by_cursor),
            Way(f"{title}, whole", ROWS, "parquet", whole),
            Way(f"{title}, whole again, nothing new", ROWS, "parquet", whole, is_again=True),
        ]
    for kind, pages in PAGES.items():
        text = SERVICE.replace("KIND", kind).replace("PAGES", pages)
        found.append(Way(f"service, pages by {kind}", REST_ROWS, "jsonl", text))
    for form in ("csv", "jsonl", "parquet", "xlsx"):
        rows = SHEET_ROWS if form == "xlsx" else ROWS
        found.append(Way(f"folder, {form}", rows, form, FOLDER.replace("FORMAT", form)))
    return found


def run(folder: Path, say: Callable[[str], None]) -> None:
    """All ways in a process of its own, where there are servers to fetch from."""
    if any(map(databases.missing, databases.PROGRAMS)):
        say("left out: connections, for there is no PostgreSQL or no MariaDB")
        return
    say("connections")
    command = [sys.executable, "-m", "tests.bench.connectors", str(folder)]
    measure.run(command, {"PYTHONPATH": str(REPOSITORY)}, folder / "log")


def result(folder: Path) -> dict[str, Any] | None:
    """What came of it when it last ran."""
    file = folder / "result.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    make_files(folder)
    raced = ways()
    with servers(folder) as environment:
        os.environ |= environment
        for number in range(1, ROUNDS + 1):
            say_line(f"connections, round {number} of {ROUNDS}")
            for way in raced:
                way.parquet.append(_read(folder, way.rows, "parquet"))
                way.csv.append(_read(folder, way.rows, "csv"))
                _fetch(way, folder)
                say_line(f"  {way.name:40} {way.rows / way.fetch[-1]:12,.0f} rows a second")
    came = {
        "raced_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "page": PAGE,
        "ways": [
            {name: value for name, value in asdict(way).items() if name != "connection"} for way in raced
        ],
    }
    (folder / "result.json").write_text(json.dumps(came, indent=1), encoding="utf-8")


def _fetch(way: Way, folder: Path) -> None:
    """Fetch into an empty home and land; all rows must be there."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    profile = written(
        home / "profile",
        contracts__wms=CONTRACT.replace("FORMAT", way.format),
        connections__wms=way.connection,
    )
    if way.is_again:
        fetch(profile, profile.connections[0], home / "source", home)
    began = time.perf_counter()
    (state,) = fetch_all(profile, profile.connections, home / "source", home, say=lambda line: None)
    way.fetch.append(time.perf_counter() - began)
    if state.error:
        raise RuntimeError(f"{way.name}: {state.error}")
    if way.is_again:
        return
    landed = Landed(profile, home / "source", home / "build.duckdb")
    load = landed.land("wms", "scans")
    way.landed.append(time.perf_counter() - began)
    landed.connection.close()
    if load.rows_accepted != way.rows:
        raise RuntimeError(f"{way.name}: {load.rows_accepted:,} of {way.rows:,} rows")


def _read(folder: Path, rows: int, form: str) -> float:
    """Seconds in which DuckDB reads as many rows from a file into a table."""
    began = time.perf_counter()
    with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY}) as duck:
        duck.execute(f"CREATE TABLE rows AS FROM {sql.text(str(folder / f'{rows}.{form}'))}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main(Path(sys.argv[1]))
