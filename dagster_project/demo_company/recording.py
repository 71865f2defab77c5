"""The history as the sources recorded it, in one DuckDB.

Tables: customers, orders, lines, suborders (one row each, times as epoch seconds, -1 for absent) and events.
The order in which events are added fixes their numbers and random streams.
"""

import duckdb
import numpy as np

from .company import CARRIERS, KIND, NONE, SOURCES, SUPPLIER
from .days import DAY, HOUR, day_start, local_day
from .dirt import RATES, WRITTEN, carrier_source, fates, has_event_id, record, source_of_place
from .history import Drawn, Size
from .outcomes import EARLY

ERP_ON_TIME = 0.987
CARRIER_CHANGED_AFTER = 1500  # seconds after the sub-order was recorded
TYPED_KINDS = [
    KIND[name]
    for name in (
        "picked_up", "delivered", "refused", "returned_signed", "lost", "available_for_pickup", "collected",
    )
]  # fmt: skip
_SENDER_KINDS = [KIND["transfer_requested"], KIND["transfer_dispatched"]]
_SCAN_KINDS = range(KIND["transfer_requested"], KIND["picked_up"])
_TRACK_KINDS = range(KIND["picked_up"], KIND["received_click"])
_OFFICE_KINDS = range(KIND["transfer_requested"])
_WRITTEN_AT_ONCE = [KIND[name] for name in ("placed", "cancelled", "erp_shipped", "erp_completed")]
WRITES_AFTER = 20  # seconds until the ERP's row of such a change is written


def erp_view(drawn: Drawn, size: Size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the ERP says of each order: shipped at (first parcel), completed at, ship-by.

    Sales move the ship-by of most late orders, so that the ERP's own figure is what management is used to.
    """
    orders, suborders, times = drawn.orders, drawn.suborders, drawn.times
    rng = np.random.default_rng([size.seed, 20])
    never = np.iinfo(np.int64).max
    handed = np.where(suborders.route == SUPPLIER, times[KIND["supplier_shipped"]], times[KIND["outbound"]])
    first = np.full(len(orders), never)
    usable = (handed != NONE) & ~drawn.is_void & (suborders.replaces == NONE)
    np.minimum.at(first, suborders.order[usable], handed[usable])
    shipped = np.where(first == never, NONE, first + rng.integers(300, 2400, len(orders)))
    early = drawn.plan.of_order == EARLY
    shipped = np.where(early & (shipped > drawn.plan.order_at), NONE, shipped)
    completed = np.where(shipped == NONE, NONE, shipped + rng.integers(4 * DAY, 9 * DAY, len(orders)))
    stopped = (drawn.plan.order_at != NONE) & (completed > drawn.plan.order_at)
    completed = np.where(stopped, NONE, completed)
    agreed = np.asarray(day_start(orders.day + 3)) + 18 * HOUR
    known = (shipped != NONE) & (shipped + 60 <= size.end)
    late = np.nonzero(known & (shipped > agreed))[0]
    keep = round((1 - ERP_ON_TIME) * known.sum())
    if len(late) > keep:
        moved = rng.permutation(late)[keep:]
        agreed[moved] = day_start(local_day(shipped[moved]) + 1) + 18 * HOUR
    else:
        punctual = rng.permutation(np.nonzero(known & (shipped <= agreed))[0])[: keep - len(late)]
        agreed[punctual] = shipped[punctual] - rng.integers(HOUR, DAY, len(punctual))
    return shipped, completed, agreed


def store(connection: duckdb.DuckDBPyConnection, drawn: Drawn, size: Size) -> None:
    """Fills customers, orders, lines, suborders and events."""
    orders, suborders, plan = drawn.orders, drawn.suborders, drawn.plan
    shipped, completed, ship_by = erp_view(drawn, size)
    _table(
        connection, "customers",
        customer=np.arange(len(drawn.customers)), city=drawn.customers.city, segment=drawn.customers.segment,
        since=drawn.customers.since,
    )  # fmt: skip
    _table(
        connection, "orders",
        ord=np.arange(len(orders)), placed=orders.placed, day=orders.day, nth=orders.number_of_day,
        customer=orders.customer, type=orders.type, city=orders.city, wished_day=orders.wished_day,
        cents=orders.amount,
        ship_by=ship_by, shipped=shipped, completed=completed, cancelled=plan.order_at,
    )  # fmt: skip
    lines = drawn.lines
    _table(
        connection, "lines",
        ord=lines.order, line=lines.line, part=lines.part, sku=lines.sku, quantity=lines.quantity,
        cents=lines.cents,
    )  # fmt: skip
    packed = drawn.times[KIND["packed"]]
    label = np.where(
        suborders.route == SUPPLIER,
        drawn.times[KIND["supplier_ordered"]],
        np.where(packed == NONE, NONE, packed - 600),
    )
    # a change of carrier that comes after the label is none
    planned_carrier = np.where(
        label > suborders.created + CARRIER_CHANGED_AFTER, suborders.planned_carrier, suborders.carrier
    )
    early = (suborders.route == SUPPLIER) & (drawn.times[KIND["supplier_shipped"]] == NONE)
    _table(
        connection, "suborders",
        sub=np.arange(len(suborders)), ord=suborders.order, part=suborders.part, route=suborders.route,
        place=suborders.place, sender=suborders.sender, carrier=suborders.carrier,
        planned_carrier=planned_carrier, city=suborders.city, batch=suborders.batch,
        batch_wish=suborders.batch_wish, created=suborders.created, replaces=suborders.replaces,
        cancelled=plan.part_at if len(plan.part_at) == len(suborders) else np.full(len(suborders), NONE),
        is_void=drawn.is_void, ending=drawn.ending, label=np.where(early, NONE, label),
    )  # fmt: skip
    connection.execute(
        """
        CREATE TABLE events (ev BIGINT, version TINYINT, kind TINYINT, sub INTEGER, ord INTEGER, t BIGINT,
            source TINYINT, shown BIGINT, recorded BIGINT, fate TINYINT, is_twice BOOLEAN, again BIGINT,
                method TINYINT,
            place TINYINT)
        """
    )
    _store_events(connection, drawn, size, shipped, completed)


def _store_events(
    connection: duckdb.DuckDBPyConnection,
    drawn: Drawn,
    size: Size,
    shipped: np.ndarray,
    completed: np.ndarray,
) -> None:
    orders, suborders, times = drawn.orders, drawn.suborders, drawn.times
    count, placeless = len(suborders), np.full(len(suborders), NONE)
    extra = {kind: [part for part in drawn.extras.parts if part[0] == kind] for kind in KIND.values()}
    swapped = np.random.default_rng([size.seed, 51]).random(count) < RATES["out_of_order"]
    writer = _Events(connection, size)
    for kind in KIND.values():
        if kind in _OFFICE_KINDS:
            writer.add(
                kind,
                np.full(len(orders), NONE),
                np.arange(len(orders)),
                drawn.office[kind],
                np.zeros(len(orders), np.int64),
            )
        elif kind in times:
            at = times[kind].copy()
            place = placeless
            if kind in _SCAN_KINDS:
                place = suborders.sender if kind in _SENDER_KINDS else suborders.place
                source = source_of_place(np.maximum(place, 0))
                if kind in (KIND["supplier_ordered"], KIND["supplier_shipped"]):
                    source = np.zeros(count, np.int64)
            else:
                source = carrier_source(suborders.carrier)
                typed = np.array([carrier.is_typed_in for carrier in CARRIERS])[suborders.carrier]
                if kind not in TYPED_KINDS:
                    at[typed] = NONE
            at[drawn.is_void] = NONE
            seen = at
            if kind == KIND["packed"]:
                seen = np.where(swapped & (times[KIND["picked"]] != NONE), times[KIND["picked"]] - 240, at)
            writer.add(kind, np.arange(count), suborders.order, at, source, place, drawn.method, seen)
        for _, sub, order, at, method in extra[kind]:
            valid = np.where(sub == NONE, True, ~drawn.is_void[np.maximum(sub, 0)])
            if kind in _TRACK_KINDS:
                source = carrier_source(suborders.carrier[sub])
                if kind not in TYPED_KINDS:
                    valid &= source < SOURCES.index("ycsp")
            else:
                is_wechat = kind in (KIND["received_click"], KIND["progress_query"])
                source = np.full(len(sub), SOURCES.index("wechat" if is_wechat else "crm"))
            writer.add(
                kind,
                sub,
                order,
                np.where(valid, at, NONE),
                source,
                np.full(len(sub), NONE),
                method,
                is_extra=True,
            )
    everyone = np.arange(len(orders))
    for name, at in (
        ("erp_shipped", shipped),
        ("erp_completed", completed),
        ("cancelled", drawn.plan.order_at),
    ):
        writer.add(KIND[name], np.full(len(orders), NONE), everyone, at, np.zeros(len(orders), np.int64))
    part_at = np.where(drawn.is_void, NONE, drawn.plan.part_at)
    writer.add(KIND["cancelled"], np.arange(count), suborders.order, part_at, np.zeros(count, np.int64))


class _Events:
    """Appends events kind by kind, as recorded."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, size: Size) -> None:
        self._connection, self._size = connection, size
        self._next, self._calls = 0, 0

    def add(
        self,
        kind: int,
        sub: np.ndarray,
        order: np.ndarray,
        at: np.ndarray,
        source: np.ndarray,
        place: np.ndarray | None = None,
        method: np.ndarray | None = None,
        seen: np.ndarray | None = None,
        is_extra: bool = False,
    ) -> None:
        """Records the events that truly happened `at` (NONE: did not).

        Args:
            seen: when the source thinks they did.
            is_extra: beside the one of its kind, with a fate of its own.
        """
        self._calls += 1
        rng = np.random.default_rng([self._size.seed, 60, self._calls])
        here = np.nonzero(at != NONE)[0]
        count = len(here)
        if is_extra:
            draw = np.random.default_rng([self._size.seed, 61, self._calls]).random(count)
            fate = np.where(draw < RATES["malformed"], 2, 0).astype(np.int8)
        else:
            fate = fates(self._size.seed, kind, len(at))[here]
        seen = at[here] if seen is None else seen[here]
        at, sub, order, source = at[here], sub[here], order[here], source[here]
        wrong = np.zeros(count, bool)
        if kind in _WRITTEN_AT_ONCE:
            shown, recorded = at, at + WRITES_AFTER
            again, twice = np.full(count, NONE), np.zeros(count, bool)
        else:
            row = record(rng, kind, seen, source, fate)
            shown, recorded, again, twice = (
                row.shown,
                row.recorded,
                row.again,
                row.is_twice & (fate == WRITTEN),
            )
            if kind == KIND["delivered"]:
                can = has_event_id(carrier_of(source)) & (fate == WRITTEN)
                wrong = (rng.random(count) < RATES["corrected"]) & can
        delay = rng.integers(1800, 6 * HOUR, count)
        columns: dict[str, np.ndarray] = {
            "ev": self._next + np.arange(count),
            "version": np.zeros(count, np.int8),
            "kind": np.full(count, kind, np.int8),
            "sub": sub.astype(np.int32),
            "ord": order.astype(np.int32),
            "t": at,
            "source": source.astype(np.int8),
            "shown": np.where(wrong, shown + delay, shown),
            "recorded": np.where(wrong, recorded + delay, recorded),
            "fate": fate,
            "is_twice": twice & ~wrong,
            "again": np.where(wrong, NONE, again),
            "method": np.zeros(count, np.int8) if method is None else method[here].astype(np.int8),
            "place": np.full(count, NONE, np.int8) if place is None else place[here].astype(np.int8),
        }
        self._next += count
        self._insert(columns)
        if wrong.any():
            later = {name: values[wrong] for name, values in columns.items()}
            later["version"] = np.ones(wrong.sum(), np.int8)
            later["shown"] = shown[wrong]
            later["recorded"] = later["recorded"] + rng.integers(4 * HOUR, 2 * DAY, wrong.sum())
            self._insert(later)

    def _insert(self, columns: dict[str, np.ndarray]) -> None:
        self._connection.register("new_events", columns)
        self._connection.execute(
            "INSERT INTO events SELECT * FROM new_events WHERE recorded <= $1", [self._size.end]
        )
        self._connection.unregister("new_events")


def carrier_of(source: np.ndarray) -> np.ndarray:
    """The carrier of a carrier's source."""
    return np.maximum(source.astype(np.int64) - carrier_source(np.zeros(1, np.int64))[0], 0)


def _table(connection: duckdb.DuckDBPyConnection, name: str, **columns: np.ndarray) -> None:
    connection.register("new_rows", columns)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM new_rows")
    connection.unregister("new_rows")
