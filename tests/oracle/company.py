"""A small company: canonical rows as recorded, reference tables, settings; and what was known at an instant.

A row is a dictionary of the entity's columns and `recorded_at`; a missing column is null.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

Row = dict[str, Any]
ENTITIES = ("orders", "suborders", "waybills", "events", "order_lines", "receipts", "pick_lines", "customers")


@dataclass(frozen=True)
class Parameters:
    """The numbers of the definitions; the same names as the words there."""

    low_percent: int = 50
    high_percent: int = 80
    window_days: int = 60
    lane_minimum: int = 30
    buffer_minimum_hours: int = 0
    buffer_maximum_hours: int = 72
    plan_minutes: int = 120
    closing_days: int = 7
    final_after_days: int = 14
    wilson_z: float = 1.959964
    colour_minimum: int = 30


@dataclass(frozen=True)
class Company:
    """Rows by entity (ENTITIES), reference rows by table, and the settings of the run."""

    as_of: datetime
    rows: dict[str, list[Row]]
    reference: dict[str, list[Row]]
    timezone: str = "Asia/Shanghai"
    promise_limit: str = "end_of_day"
    sign_rule: str = "earliest"
    parameters: Parameters = field(default_factory=Parameters)

    def known_at(self, instant: datetime) -> "Company":
        """The company as it was known then: only what had been recorded, whenever it was loaded."""
        known = {
            entity: [row for row in rows if row["recorded_at"] <= instant]
            for entity, rows in self.rows.items()
        }
        return replace(self, rows=known, as_of=instant)

    def table(self, entity: str) -> list[Row]:
        return self.rows.get(entity, [])


def versions(rows: list[Row], *key: str) -> dict[Any, list[Row]]:
    """Rows by key, each in the order in which they were recorded."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["recorded_at"]):
        found[tuple(row.get(name) for name in key) if len(key) > 1 else row.get(key[0])].append(row)
    return dict(found)


def first(rows: list[Row], column: str) -> Any:
    """The first recorded value."""
    return next((row[column] for row in rows if row.get(column) is not None), None)


def latest(rows: list[Row], column: str) -> Any:
    """The latest known value."""
    return first(rows[::-1], column)


def reference_value(company: Company, table: str, key: str, value: Any, column: str) -> Any:
    """A column of the reference row with this key; None without such a row."""
    return next((row.get(column) for row in company.reference.get(table, []) if row[key] == value), None)


def missing_milestones(company: Company, order_type: str | None) -> set[str]:
    """The milestones an order type does not have."""
    return set(
        (reference_value(company, "order_types", "order_type", order_type, "missing_milestones") or "").split(
            "|"
        )
    )


def standard_rows(company: Company, stage: str, day: date) -> list[Row]:
    """The standards of a stage that are valid on a local day (both ends included)."""
    return [
        row
        for row in company.reference.get("standards", [])
        if row["stage"] == stage
        and (row.get("valid_from") is None or row["valid_from"] <= day)
        and (row.get("valid_to") is None or row["valid_to"] >= day)
    ]
