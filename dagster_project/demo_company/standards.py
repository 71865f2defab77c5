"""The minutes each stage should take: standards.csv beside this file,
the same rows as the profile's (a test compares)."""

import csv
from pathlib import Path

FILE = Path(__file__).with_name("standards.csv")


def standards() -> list[tuple[str, str, str, float]]:
    """(stage, place or carrier or "", order type or "",
    calendar minutes) of every standard that has not ended."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return [
            (row["stage"], row["place"], row["order_type"], float(row["minutes"]))
            for row in csv.DictReader(stream)
            if not row["valid_to"]
        ]
