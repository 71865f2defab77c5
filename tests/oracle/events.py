"""Which events there are: delivered twice is one, a correction replaces, a carrier's track finds its
fulfilment code.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oracle.company import Company, Row, latest, versions

CONTENT = (
    "event_type",
    "order_id",
    "fulfilment_code",
    "carrier",
    "waybill",
    "occurred_at",
    "place",
    "sign_method",
)


@dataclass(frozen=True)
class Event:
    """One event. `recorded_at` is the instant from which it was known of its code or order."""

    source: str | None
    event_type: str
    order_id: str | None
    fulfilment_code: str | None
    carrier: str | None
    occurred_at: datetime
    recorded_at: datetime
    place: str | None
    sign_method: str | None
    source_event_id: str | None = None
    waybill: str | None = None
    told_at: datetime | None = None  # when the source recorded it, whatever was known of its waybill


def content(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in CONTENT)


def told(company: Company) -> list[Row]:
    """One row an event: the content that holds, with the instant at which that content was first recorded."""
    held: list[Row] = []
    with_id = [row for row in company.table("events") if row.get("source_event_id") is not None]
    for rows in versions(with_id, "source", "source_event_id").values():
        once: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            once.setdefault(content(row), row)
        held.append(max(once.values(), key=lambda row: row["recorded_at"]))
    without_id = [row for row in company.table("events") if row.get("source_event_id") is None]
    identity = (
        "source",
        "event_type",
        "order_id",
        "fulfilment_code",
        "carrier",
        "waybill",
        "occurred_at",
        "place",
    )
    held += [rows[0] for rows in versions(without_id, *identity).values()]
    return held


def events(company: Company) -> list[Event]:
    """All events known at as_of. A track whose waybill is unknown keeps a null code."""
    bills = versions(company.table("waybills"), "carrier", "waybill")
    found = []
    for row in told(company):
        code, recorded_at = row.get("fulfilment_code"), row["recorded_at"]
        bill = bills.get((row.get("carrier"), row.get("waybill")))
        if code is None and row.get("order_id") is None and bill:
            code = latest(bill, "fulfilment_code")
            linked_at = next(link["recorded_at"] for link in bill if link["fulfilment_code"] == code)
            recorded_at = max(recorded_at, linked_at)
        found.append(
            Event(
                row.get("source"),
                row["event_type"],
                row.get("order_id"),
                code,
                row.get("carrier"),
                row["occurred_at"],
                recorded_at,
                row.get("place"),
                row.get("sign_method"),
                row.get("source_event_id"),
                row.get("waybill"),
                row["recorded_at"],
            )
        )
    return found
