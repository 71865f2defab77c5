"""Every event once, with what the source recorded, and whether it counts, against the oracle's."""

from collections import Counter

import duckdb

from oracle.company import Company
from oracle.events import Event, events
from oracle.night import read
from oracle.promise import by_order
from oracle.signing import CLAIMS, suborders_of

COLUMNS = (
    "source",
    "source_event_id",
    "event_type",
    "fulfilment_code",
    "carrier",
    "waybill",
    "occurred_at",
    "recorded_at",
    "place",
    "sign_method",
)


def row_of(event: Event) -> tuple[object, ...]:
    recorded = {"recorded_at": event.told_at}
    return tuple(recorded.get(name, getattr(event, name)) for name in COLUMNS)


def event_lines(connection: duckdb.DuckDBPyConnection, company: Company) -> list[str]:
    """Differences between fct_events and the oracle; a claim that signs nothing does not count.

    Of an order that is not known yet (its events are parked) no verdict is asked.
    """
    every = events(company)
    verdicts: dict[tuple[object, ...], bool | None] = {}
    for part in by_order(company).values():
        is_parked = not part.table("orders")
        for sub in suborders_of(part):
            signing = {row_of(event) for event in sub.valid}
            for row in {row_of(event) for event in sub.all_events if is_claim(event)}:
                verdicts[row] = None if is_parked else bool(verdicts.get(row)) or row in signing
    wanted = Counter((*row_of(event), verdicts.get(row_of(event), True)) for event in every)
    names = ", ".join(COLUMNS)
    rows = read(connection, f"select {names}, is_valid from marts.fct_events")
    found = Counter(
        (*key, None if key in verdicts and verdicts[key] is None else is_valid)
        for *columns, is_valid in (row.values() for row in rows)
        if (key := tuple(columns))
    )
    lines = [
        f"fct_events {dict(zip(COLUMNS, key, strict=False))}: not published so" for key in wanted - found
    ]
    return lines + [f"fct_events {key}: published, but not what the oracle has" for key in found - wanted]


def is_claim(event: Event) -> bool:
    """Only a click may claim for a whole order."""
    named = event.fulfilment_code is not None or event.event_type == "received_click"
    return named and event.event_type in CLAIMS
