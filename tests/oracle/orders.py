"""The verdict on each order: promised, signed, on time, due, kept, in full, and as the ERP sees it."""

from dataclasses import dataclass, field
from datetime import date, datetime

from oracle.clock import end_of_day, local_day, microseconds
from oracle.company import Company, first, latest, versions
from oracle.events import Event, events
from oracle.promise import Promise, Transit, all_transits, by_order, promise_of
from oracle.signing import SubOrder, suborders_of

UNKNOWN = "unknown"


@dataclass
class Order:
    """One order. Lateness in microseconds, negative if early; verdicts are null where they do not apply."""

    order_id: str
    order_type: str
    subs: list[SubOrder]
    promise: Promise
    placed_at: datetime | None
    wished_date: date | None = None
    promised_at: datetime | None = None
    signed_at: datetime | None = None
    is_cancelled: bool = False
    resolved_at: datetime | None = None
    lateness: int | None = None
    deciding: SubOrder | None = None
    counts_nowhere: bool = False
    is_due: bool = False
    is_kept: bool = False
    is_in_full: bool = False
    has_complaint: bool = False
    is_wished_hit: bool | None = None
    erp_shipped_at: datetime | None = None
    erp_ship_by_at: datetime | None = None
    claimed_first: bool = False
    claimed_all: bool = False
    own_events: list[Event] = field(default_factory=list)

    @property
    def live(self) -> list[SubOrder]:
        return [sub for sub in self.subs if sub.is_live]

    @property
    def is_on_time(self) -> bool | None:
        return None if self.lateness is None else self.lateness <= 0

    @property
    def is_erp_on_time(self) -> bool | None:
        if self.erp_shipped_at is None:
            return None
        return self.erp_ship_by_at is None or self.erp_shipped_at <= self.erp_ship_by_at

    @property
    def place(self) -> str:
        return str((self.deciding and self.deciding.now("origin_place")) or UNKNOWN)

    @property
    def carrier(self) -> str:
        return str((self.deciding and self.deciding.now("carrier")) or UNKNOWN)

    @property
    def cell(self) -> tuple[str, str, str]:
        """Place, carrier and type that all counts of the order fall to."""
        return self.place, self.carrier, self.order_type


def verdicts(company: Company) -> tuple[list[Order], list[Transit]]:
    """All orders as known at as_of, and the transit times their promises were made from."""
    known = company.known_at(company.as_of)
    parts = by_order(known)
    transits = all_transits(parts)
    return [verdict(order_id, part, transits) for order_id, part in sorted(parts.items())], transits


def is_late_cancelled(sub: SubOrder, promise: Promise) -> bool:
    promised = promise.of(sub)
    return sub.cancelled_at is not None and promised is not None and sub.cancelled_at > promised


def lateness_of(sub: SubOrder, promise: Promise) -> int | None:
    """Signed minus its own promise."""
    promised = promise.of(sub)
    return None if sub.signed_at is None or promised is None else microseconds(sub.signed_at, promised)


def verdict(order_id: str, part: Company, transits: list[Transit]) -> Order:
    subs = [sub for sub in suborders_of(part) if sub.order_id == order_id]
    promise = promise_of(part, subs, transits)
    rows = versions(part.table("orders"), "order_id").get(order_id, [])
    order = Order(
        order_id,
        latest(rows, "order_type") or UNKNOWN,
        subs,
        promise,
        first(rows, "placed_at"),
        erp_ship_by_at=latest(rows, "erp_ship_by_at"),
        own_events=[e for e in events(part) if e.order_id == order_id and e.fulfilment_code is None],
    )
    if promise.day is None:
        return order
    counting = [sub for sub in subs if sub.is_live or is_late_cancelled(sub, promise)]
    batches = {sub.batch for sub in counting} or set(promise.by_batch)
    if not promise.is_pending:
        order.promised_at = max(
            (at for b in batches if (at := promise.by_batch[b]) is not None), default=None
        )
    order.wished_date = max((day for b in batches if (day := promise.wished[b]) is not None), default=None)
    settle(order, part)
    judge(order, part)
    order.has_complaint = any(
        e.event_type in ("complaint_ticket", "not_received_ticket")
        for e in order.own_events + [e for sub in subs for e in sub.events]
    )
    return order


def settle(order: Order, part: Company) -> None:
    """Signed, cancelled or closed, and since when; which sub-order decides."""
    cancels = [e.occurred_at for e in order.own_events if e.event_type == "cancelled"]
    if not order.subs:
        order.is_cancelled = bool(cancels)
        order.resolved_at = min(cancels, default=None)
        return
    live, own = order.live, order.promise
    if not live:
        cancelled = [sub.cancelled_at for sub in order.subs if sub.cancelled_at is not None]
        order.is_cancelled = bool(cancelled)
        order.resolved_at = max(cancelled, default=None)
        order.deciding = order.subs[0]
        return
    unsigned = [sub for sub in live if sub.signed_at is None]
    if unsigned:
        order.deciding = unsigned[0]
    else:
        order.signed_at = max(sub.signed_at for sub in live if sub.signed_at is not None)
        late = {sub.code: value for sub in live if (value := lateness_of(sub, own)) is not None}
        if order.promised_at is not None and late:
            order.lateness = max(late.values())
            order.deciding = next(sub for sub in live if late.get(sub.code) == order.lateness)
        else:
            order.deciding = next(sub for sub in live if sub.signed_at == order.signed_at)
    ends = [
        min((at for at in (sub.signed_at, sub.closed_at) if at is not None), default=None) for sub in live
    ]
    if None not in ends:
        order.resolved_at = max(at for at in ends if at is not None)


def judge(order: Order, part: Company) -> None:
    """Every yes or no that a rate counts."""
    own = order.promise
    late_cancelled = [sub for sub in order.subs if is_late_cancelled(sub, own)]
    cancelled_late = bool(late_cancelled) or (
        not order.subs
        and order.is_cancelled
        and order.promised_at is not None
        and order.resolved_at is not None
        and order.resolved_at > order.promised_at
    )
    counts = bool(order.live) or cancelled_late or (not order.subs and not order.is_cancelled)
    order.counts_nowhere = not counts
    order.is_due = order.promised_at is not None and order.promised_at <= part.as_of and counts
    order.is_kept = order.is_due and order.is_on_time is True and not late_cancelled
    order.is_in_full = order.is_kept and is_received(part)
    shipped = [e.occurred_at for e in order.own_events if e.event_type in ("erp_shipped", "erp_completed")]
    order.erp_shipped_at = min(shipped, default=None)
    claims = [(sub.claimed_at, own.of(sub)) for sub in order.live]
    claimed = [at is not None and promised is not None and at <= promised for at, promised in claims]
    order.claimed_first = order.is_due and any(claimed)
    order.claimed_all = order.is_due and bool(claimed) and all(claimed)
    if order.wished_date is not None and not order.is_cancelled and not own.is_pending:
        wish_end = end_of_day(order.wished_date, part.timezone)
        if wish_end <= part.as_of:
            order.is_wished_hit = order.signed_at is not None and all(
                sub.signed_at is not None and sub.signed_at <= end_of_day(day, part.timezone)
                for sub in order.live
                if (day := own.wished[sub.batch]) is not None
            )


def is_received(part: Company) -> bool:
    """Every ordered unit received undamaged, line by line."""
    received: dict[int, int] = {}
    for rows in versions(part.table("receipts"), "order_id", "line_number", "receipt_id").values():
        line = rows[0]["line_number"]
        received[line] = received.get(line, 0) + (latest(rows, "received_quantity") or 0)
    return all(
        received.get(rows[0]["line_number"], 0) >= (latest(rows, "ordered_quantity") or 0)
        for rows in versions(part.table("order_lines"), "order_id", "line_number").values()
    )


def signed_day(order: Order, zone: str) -> date | None:
    return None if order.signed_at is None else local_day(order.signed_at, zone)
