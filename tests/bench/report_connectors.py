"""How fast connections bring rows, as a section of the bench's page."""

from collections.abc import Mapping
from statistics import median
from typing import Any

from tests.bench.report import table


def section(result: Mapping[str, Any]) -> str:
    """How fast each way brings rows, as rates, and as ratios to DuckDB reading as many of them from a file."""
    rows = [
        (
            way["name"],
            f"{way['rows']:,}",
            _rate(way, "fetch"),
            _rate(way, "landed") if way["landed"] else "",
            *(
                f"{median(took / read for took, read in zip(way[of], way[form], strict=True)):.1f}"
                if way[of]
                else ""
                for of in ("fetch", "landed")
                for form in ("parquet", "csv")
            ),
        )
        for way in result["ways"]
    ]
    head = (
        "from",
        "rows",
        "fetched, rows a second",
        "fetched and landed, rows a second",
        *(f"{of} ÷ DuckDB reading {form}" for of in ("fetched", "and landed") for form in ("Parquet", "CSV")),
    )
    rounds = len(result["ways"][0]["fetch"])
    note = (
        "Scans of the bench company from servers on this machine into an empty home, each way in turn, round after"
        f" round; medians of {rounds}, raced {result['raced_at']}. A fetch runs as at night, in a process of its own,"
        " and includes writing its drop with hash and manifest; landing types every row, looks for duplicates and keeps"
        " where it came from. Drops are Parquet unless another is named, of services JSON lines; pages hold"
        f" {result['page']} rows. A folder's files are taken over as they are. DuckDB reads as many rows of a local"
        " file into a table in memory."
    )
    return f"## Connections\n\n{note}\n\n{table(head, rows)}"


def _rate(way: Mapping[str, Any], of: str) -> str:
    return f"{median(way['rows'] / took for took in way[of]):,.0f}"
