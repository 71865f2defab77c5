"""How the sources spoil what they record: every kind of dirt with its rate, drawn per event.

The rates are documented in data/profiles/demo/README.md; a test holds the generated files to this table.
"""

from dataclasses import dataclass

import numpy as np

from .company import (
    CARRIERS,
    CLOCK_SECONDS,
    CRM,
    FIRST_CARRIER_SOURCE,
    FIRST_FRONT,
    FIRST_SUPPLIER,
    KIND,
    KINDS,
    SOURCES,
    WECHAT,
)
from .days import DAY, HOUR, ZONE

RATES = {
    "exact_duplicate": 0.006,  # of the rows of an event table: the same row again in the same drop
    "sent_again": 0.005,  # of events: the same event written once more on a later day
    "lost_scan": 0.006,  # of warehouse scans and carrier tracks: never written
    "recorded_late": 0.010,  # of events: written one to four days after they happened
    "recorded_late_front": 0.030,  # the same for the front warehouses, whose lines fail
    "out_of_order": 0.004,  # of sub-orders: packed scanned before picked
    "corrected": 0.006,  # of carriers' deliveries with an event id: another time under the same id later
    "malformed": 0.0008,  # of the rows of an event table: spoilt in place, what it said is lost
    "malformed_copy": 0.0004,  # of the rows of the other tables: a spoilt copy beside the good row
    "returned_by_sender": 0.004,  # outcomes, of sub-orders
    "refused": 0.008,
    "lost_parcel": 0.003,
    "damaged": 0.002,
    "locker": 0.055,
    "locker_never_collected": 0.06,  # of lockers
    "disputed": 0.007,
    "attempt_failed": 0.03,
    "click": 0.24,
    "click_before_carrier": 0.16,  # of clicks
    "click_before_outbound": 0.012,  # of clicks
    "click_names_order_only": 0.30,  # of clicks
    "cancelled_early": 0.012,  # of orders
    "cancelled_late": 0.0025,
    "cancelled_after_signature": 0.005,
    "part_cancelled_early": 0.008,  # of sub-orders of split orders
    "part_cancelled_late": 0.002,
    "part_cancelled_after_signature": 0.003,
}

WRITTEN, LOST, MALFORMED = 0, 1, 2
_SCANS = {KIND[name] for name in KINDS[3:6] + KINDS[8:27]}
_NEVER_SPOILT = {
    KIND[name]
    for name in ("supplier_ordered", "supplier_shipped", "cancelled", "erp_shipped", "erp_completed")
}
_NEVER_SPOILT |= {KIND["placed"]}
_NEVER_LATE = _NEVER_SPOILT | {KIND["paid"], KIND["finance_approved"]}
NO_EVENT_ID = ("yto", "jd", "ems", "ycsp", "zjky")
RECORDED_BY_FILE = ("jd", "zjky")  # no time of writing in the data: known at the end of the drop's day
MINUTES_ONLY = ("ycsp", "zjky")  # typed in by hand, to the minute
_DELAY_SECONDS = dict.fromkeys(SOURCES, 40) | {
    "front": 900, "sf": 300, "sto": 900, "zto": 400, "yto": 1200, "yunda": 900, "jd": 300, "deppon": 1500,
    "jt": 1200, "ems": 2400, "kye": 600, "ycsp": 9 * HOUR, "zjky": 9 * HOUR, "wechat": 3, "crm": 120,
    "erp": 20,
}  # fmt: skip


@dataclass
class Recorded:
    """What became of events: the source, its time as shown, when written, its fate, copies to come."""

    source: np.ndarray
    shown: np.ndarray
    recorded: np.ndarray
    fate: np.ndarray
    is_twice: np.ndarray
    again: np.ndarray


def source_of_place(place: np.ndarray) -> np.ndarray:
    """The source that scans at a place: 1 to 3 a warehouse's, 4 the front ones', 0 the ERP (suppliers)."""
    return np.select([place < FIRST_FRONT, place < FIRST_SUPPLIER], [place + 1, np.full_like(place, 4)], 0)


def fates(seed: int, kind: int, count: int) -> np.ndarray:
    """The fate of one kind of event of each of `count` sub-orders or orders; known before the event is."""
    draw = np.random.default_rng([seed, 50, kind]).random(count)
    fate = np.zeros(count, np.int8)
    if kind in _SCANS:
        fate[draw < RATES["lost_scan"]] = LOST
    if kind not in _NEVER_SPOILT:
        fate[draw > 1 - RATES["malformed"]] = MALFORMED
    return fate


def record(
    rng: np.random.Generator, kind: int, at: np.ndarray, source: np.ndarray, fate: np.ndarray
) -> Recorded:
    """How sources show and write events that truly happened `at` (epoch seconds)."""
    count = len(at)
    clock = np.array(CLOCK_SECONDS)[source]
    shown = at + clock
    typed = np.isin(source, [SOURCES.index(name) for name in MINUTES_ONLY])
    shown = np.where(typed, shown - shown % 60, shown)
    usual = np.array([_DELAY_SECONDS[name] for name in SOURCES])[source]
    recorded = shown + 1 + (usual * rng.exponential(0.5, count).clip(0, 4)).astype(np.int64)
    late_rate = np.where(source == 4, RATES["recorded_late_front"], RATES["recorded_late"])
    is_late = (rng.random(count) < late_rate) & (kind not in _NEVER_LATE)
    recorded = np.where(is_late, shown + rng.integers(DAY, 4 * DAY, count), recorded)
    by_file = np.isin(source, [SOURCES.index(name) for name in RECORDED_BY_FILE])
    end_of_day = ((recorded + ZONE - 1) // DAY + 1) * DAY - ZONE
    recorded = np.where(by_file, end_of_day, np.where(recorded % DAY == DAY - ZONE, recorded + 1, recorded))
    can_repeat = kind not in _NEVER_SPOILT and kind != KIND["progress_query"]
    is_again = (rng.random(count) < RATES["sent_again"]) & can_repeat & ~typed & (fate == WRITTEN)
    again = np.where(is_again, recorded + rng.integers(DAY, 3 * DAY, count), -1)
    again = np.where(is_again & by_file, (again // DAY) * DAY + DAY - ZONE, again)
    return Recorded(
        source=source.astype(np.int8),
        shown=shown,
        recorded=recorded,
        fate=fate,
        is_twice=(rng.random(count) < RATES["exact_duplicate"]) & can_repeat,
        again=again,
    )


def carrier_source(carrier: np.ndarray) -> np.ndarray:
    return carrier + FIRST_CARRIER_SOURCE


def has_event_id(carrier: np.ndarray) -> np.ndarray:
    return ~np.isin(carrier, [at for at, entry in enumerate(CARRIERS) if entry.source in NO_EVENT_ID])


__all__ = ["CRM", "LOST", "MALFORMED", "RATES", "WECHAT", "WRITTEN", "Recorded", "fates", "record"]
