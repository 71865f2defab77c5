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
    """Differences between fct_events and the oracle; a claim that signs nothing does not count."""
    every = events(company)
    claims: Counter[tuple[object, ...]] = Counter()
    signing: set[tuple[object, ...]] = set()
    for part in by_order(company).values():
        for sub in suborders_of(part):
            claims.update({row_of(e): 1 for e in sub.all_events if is_claim(e)})
            signing |= {row_of(e) for e in sub.valid}
    wanted = Counter((*row_of(e), row_of(e) in signing or row_of(e) not in claims) for e in every)
    names = ", ".join(COLUMNS)
    rows = read(connection, f"select {names}, is_valid from marts.fct_events")
    found = Counter(tuple(row.values()) for row in rows)
    lines = [
        f"fct_events {dict(zip(COLUMNS, key, strict=False))}: not published so" for key in wanted - found
    ]
    return lines + [f"fct_events {key}: published, but not what the oracle has" for key in found - wanted]


def is_claim(event: Event) -> bool:
    """Only a click may claim for a whole order."""
    named = event.fulfilment_code is not None or event.event_type == "received_click"
    return named and event.event_type in CLAIMS
