"""The score of a sheet: what was taken rightly, taken wrongly, left to a person, rejected."""

import csv
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dashboards.published import QUERIES
from tests.byhand.planted import Planted

PARAMETERS = QUERIES.parent / "byhand" / "parameters.csv"


@dataclass(frozen=True)
class Score:
    """Counts of rows. `offered`: left to a person, who finds the right one among the candidates."""

    rows: int
    right: int
    wrong: int
    queued: int
    offered: int
    rejected: int
    by_kind: dict[str, Counter]

    @property
    def right_percent(self) -> float:
        return 100 * self.right / self.rows

    @property
    def wrong_percent(self) -> float:
        return 100 * self.wrong / self.rows


def parameters(file: Path = PARAMETERS) -> dict[str, float]:
    with file.open(encoding="utf-8") as stream:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(stream)}


def matched(connection: duckdb.DuckDBPyConnection, typed: list[dict]) -> list[dict]:
    """What the page's own query says of typed rows."""
    text = (QUERIES / "byhand_match.sql").read_text(encoding="utf-8")
    cursor = connection.execute(text, {**parameters(), "rows": json.dumps(typed)})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def scored(connection: duckdb.DuckDBPyConnection, planted: list[Planted]) -> Score:
    """Hold what the query says to what was meant."""
    found: dict[int, list[dict]] = {}
    for row in matched(connection, [one.typed for one in planted]):
        found.setdefault(row["row"], []).append(row)
    counts: Counter = Counter()
    by_kind: dict[str, Counter] = {}
    for one in planted:
        candidates = found[int(one.typed["row"] or 0)]
        outcome = candidates[0]["outcome"]
        if outcome == "taken":
            outcome = "right" if candidates[0]["waybill"] == one.meant else "wrong"
        counts[outcome] += 1
        by_kind.setdefault(one.kind, Counter())[outcome] += 1
        counts["offered"] += outcome == "queued" and one.meant in {row["waybill"] for row in candidates}
    return Score(
        len(planted),
        counts["right"],
        counts["wrong"],
        counts["queued"],
        counts["offered"],
        counts["rejected"],
        by_kind,
    )
