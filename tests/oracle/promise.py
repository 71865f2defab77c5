"""What was promised: transit times as they became known, lane buffers of a local day, plan, promise of each
sub-order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from oracle.clock import HOUR, end_of_day, local_day, microseconds, start_of_day
from oracle.company import Company, Parameters, first, versions
from oracle.signing import SubOrder, suborders_of

# the percentiles that promises are tried at
TRIED = (70, 80, 90, 95)
LANE_LEVELS = (
    ("origin_place", "carrier", "destination_city"),
    ("carrier", "destination_province"),
    ("carrier",),
    (),
)


def by_order(company: Company) -> dict[str, Company]:
    """The rows of each order as a company of its own: every version of all that ever named it."""
    codes: dict[str, set[str]] = {row["order_id"]: set() for row in company.table("orders")}
    for row in company.table("suborders"):
        codes.setdefault(row["order_id"], set()).add(row["fulfilment_code"])
    order_of = {code: order for order, of_order in codes.items() for code in of_order}
    bills: dict[tuple[Any, Any], set[str]] = {}
    for row in company.table("waybills"):
        if row["fulfilment_code"] in order_of:
            bills.setdefault((row["carrier"], row["waybill"]), set()).add(order_of[row["fulfilment_code"]])
    parts: dict[str, dict[str, list[dict[str, Any]]]] = {order: {} for order in codes}

    def add(entity: str, row: dict[str, Any], orders: Iterable[str | None]) -> None:
        for order in set(orders):
            if order in parts:
                parts[order].setdefault(entity, []).append(row)

    named: dict[tuple[Any, Any], set[str | None]] = {}
    for row in company.table("events"):
        orders = {row.get("order_id"), order_of.get(row.get("fulfilment_code") or "")}
        orders |= bills.get((row.get("carrier"), row.get("waybill")), set())
        named.setdefault((row.get("source"), row.get("source_event_id") or id(row)), set()).update(orders)
    for row in company.table("events"):
        add("events", row, named[(row.get("source"), row.get("source_event_id") or id(row))])
    for row in company.table("waybills"):
        add("waybills", row, bills.get((row["carrier"], row["waybill"]), set()))
    for entity in ("orders", "suborders", "order_lines", "receipts"):
        for row in company.table(entity):
            add(entity, row, [row["order_id"]])
    return {order: replace(company, rows=rows) for order, rows in parts.items()}


@dataclass(frozen=True)
class Transit:
    """Pick-up to signature of one sub-order, in whole hours rounded up, with its lane as known at
    `known_at`.
    """

    code: str
    known_at: datetime
    hours: int
    lane: dict[str, Any]


def transits_of(order: Company) -> list[Transit]:
    """At most one a sub-order: what was known when pick-up and a valid signature were first both recorded."""
    found: dict[str, Transit | None] = {}
    instants = sorted({row["recorded_at"] for rows in order.rows.values() for row in rows})
    for instant in (i for i in instants if i <= order.as_of):
        for sub in suborders_of(order.known_at(instant)):
            if sub.code in found or sub.signed_at is None or "picked_up" not in sub.times:
                continue
            duration = microseconds(sub.signed_at, sub.times["picked_up"])
            lane = {name: sub.now(name) for level in LANE_LEVELS for name in level}
            found[sub.code] = Transit(sub.code, instant, -(-duration // HOUR), lane) if duration > 0 else None
    return [transit for transit in found.values() if transit is not None]


@dataclass(frozen=True)
class LaneBuffer:
    """What a day's lane gives: level 1 (city) to 4 (all), 5 where nothing was ever seen."""

    level: int
    sample: int
    low_hours: int | None
    high_hours: int | None
    buffer_hours: int
    # by percentile: what it would have been
    tried: dict[int, int] = field(default_factory=dict)


def kth_smallest(values: list[int], percent: int) -> int:
    """k = ⌈q·n⌉, counted from one."""
    return sorted(values)[-(-percent * len(values) // 100) - 1]


def lane_buffer(
    transits: list[Transit], day: date, lane: dict[str, Any], zone: str, p: Parameters
) -> LaneBuffer:
    """The buffer of a lane on a local day, from what was known on the days before it."""
    window = [t for t in transits if day - timedelta(days=p.window_days) <= local_day(t.known_at, zone) < day]
    for level, names in enumerate(LANE_LEVELS, start=1):
        alike = [
            t.hours
            for t in window
            if all(lane[name] is not None and t.lane[name] == lane[name] for name in names)
        ]
        if len(alike) >= (p.lane_minimum if names else 1):
            low, high = kth_smallest(alike, p.low_percent), kth_smallest(alike, p.high_percent)
            buffer = min(max(high - low, p.buffer_minimum_hours), p.buffer_maximum_hours)
            tried = {
                percent: min(
                    max(kth_smallest(alike, percent) - low, p.buffer_minimum_hours), p.buffer_maximum_hours
                )
                for percent in TRIED
            }
            return LaneBuffer(level, len(alike), low, high, buffer, tried)
    return LaneBuffer(5, 0, None, None, 0, dict.fromkeys(TRIED, 0))


@dataclass
class Promise:
    """What an order was promised. Keys of `by_batch` are batch numbers (None: not in batches)."""

    day: date | None
    source: str | None = None
    is_pending: bool = False
    by_batch: dict[Any, datetime | None] = field(default_factory=dict)
    buffer_hours: dict[Any, int] = field(default_factory=dict)
    tried_hours: dict[Any, dict[int, int]] = field(default_factory=dict)
    wished: dict[Any, date | None] = field(default_factory=dict)
    lanes: dict[str, LaneBuffer] = field(default_factory=dict)

    def of(self, sub: SubOrder) -> datetime | None:
        return self.by_batch[sub.batch]


def promise_of(order: Company, subs: list[SubOrder], transits: list[Transit]) -> Promise:
    """The promise of an order and of each of its batches."""
    zone, parameters = order.timezone, order.parameters
    rows = next(iter(versions(order.table("orders"), "order_id").values()), [])
    placed_at = first(rows, "placed_at")
    if placed_at is None:
        return Promise(None, by_batch=dict.fromkeys({sub.batch for sub in subs}))
    promise = Promise(local_day(placed_at, zone))
    assert promise.day is not None

    def usable(wish: date | None) -> date | None:
        return wish if wish is not None and promise.day is not None and wish >= promise.day else None

    given = first(rows, "given_promise_at")
    if given is None and (day := first(rows, "given_promise_date")) is not None:
        given = end_of_day(day, zone) if order.promise_limit == "end_of_day" else start_of_day(day, zone)
    batches: dict[Any, list[SubOrder]] = {}
    for sub in subs:
        batches.setdefault(sub.batch, []).append(sub)
    for batch, members in (batches or {None: []}).items():
        members = sorted(members, key=lambda sub: (sub.first_recorded_at, sub.code))
        asked: Any = next((w for sub in members if (w := sub.at_first("wished_date")) is not None), None)
        wish = usable(asked) or usable(first(rows, "wished_date"))
        promise.wished[batch] = wish
        plan_end = (
            members[0].first_recorded_at + timedelta(minutes=parameters.plan_minutes) if members else None
        )
        planned = [sub for sub in members if plan_end and sub.first_recorded_at <= plan_end]
        names = [name for level in LANE_LEVELS for name in level]
        for sub in planned:
            lane = {name: sub.at_first(name) for name in names}
            promise.lanes[sub.code] = lane_buffer(transits, promise.day, lane, zone, parameters)
        if plan_end is not None and plan_end <= order.as_of:
            promise.buffer_hours[batch] = max(promise.lanes[sub.code].buffer_hours for sub in planned)
            promise.tried_hours[batch] = {
                percent: max(promise.lanes[sub.code].tried[percent] for sub in planned) for percent in TRIED
            }
        if given is not None:
            promise.by_batch[batch], promise.source = given, "given"
        elif wish is None:
            promise.by_batch[batch] = None
        elif batch in promise.buffer_hours:
            promise.by_batch[batch] = end_of_day(wish, zone) + timedelta(hours=promise.buffer_hours[batch])
            promise.source = "wished"
        else:
            promise.by_batch[batch], promise.is_pending = None, True
    return promise


def all_transits(orders: dict[str, Company]) -> list[Transit]:
    return [transit for order in orders.values() for transit in transits_of(order)]
