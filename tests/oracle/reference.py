"""Reference tables of the small companies: read from the plain test profile, with standards of several
specificities.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from oracle.company import Row

FOLDER = Path(__file__).resolve().parent.parent / "profiles" / "plain" / "reference"


def typed(name: str, value: str) -> Any:
    """Columns of the reference tables: instants there are none."""
    if value == "":
        return None
    if name in ("valid_from", "valid_to", "day"):
        return date.fromisoformat(value)
    if name == "position":
        return int(value)
    return value == "true" if name == "sends_collected_event" else value


def plain_reference() -> dict[str, list[Row]]:
    """The plain profile's own tables."""
    found = {}
    for path in sorted(FOLDER.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            found[path.stem] = [{k: typed(k, v) for k, v in row.items()} for row in csv.DictReader(file)]
    return found


def standard(
    stage: str,
    minutes: str,
    place: str | None = None,
    order_type: str | None = None,
    valid_from: str = "2020-01-01",
    valid_to: str | None = None,
) -> Row:
    """One more row of standards."""
    return {
        "stage": stage,
        "place": place,
        "order_type": order_type,
        "minutes": minutes,
        "clock": "calendar",
        "valid_from": date.fromisoformat(valid_from),
        "valid_to": date.fromisoformat(valid_to) if valid_to else None,
    }
