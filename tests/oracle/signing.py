"""What became of each sub-order: its milestones, its sign time, and whether it was cancelled, replaced or
closed.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oracle.company import Company, Row, first, latest, reference_value, versions
from oracle.events import Event, events

LOCKER_METHODS = ("locker", "pickup_point")
CLAIMS = ("delivered", "collected", "available_for_pickup", "returned_signed", "received_click")
CLOSING = ("returned_signed", "refused", "lost")
MILESTONES = (
    "paid",
    "finance_approved",
    "transfer_requested",
    "transfer_dispatched",
    "transfer_received",
    "supplier_ordered",
    "supplier_shipped",
    "pick_started",
    "picked",
    "packed",
    "outbound",
    "picked_up",
    "hub_arrived",
    "out_for_delivery",
)


@dataclass
class SubOrder:
    """Everything known of one sub-order. Times are those of the milestones, by name, `signed` among them."""

    code: str
    order_id: str
    rows: list[Row]
    events: list[Event]
    order_events: list[Event]
    batch: int | None = None
    replaced_by: str | None = None
    replaced_at: datetime | None = None
    cancelled_at: datetime | None = None
    given_up_at: datetime | None = None
    closed_at: datetime | None = None
    claimed_at: datetime | None = None
    sign_source: str | None = None
    sign_method: str | None = None
    times: dict[str, datetime] = field(default_factory=dict)
    transfer_place: str | None = None
    valid: list[Event] = field(default_factory=list)

    def now(self, column: str) -> object:
        return latest(self.rows, column)

    def at_first(self, column: str) -> object:
        return first(self.rows, column)

    @property
    def first_recorded_at(self) -> datetime:
        return self.rows[0]["recorded_at"]

    @property
    def signed_at(self) -> datetime | None:
        return self.times.get("signed")

    @property
    def is_live(self) -> bool:
        return self.replaced_by is None and self.cancelled_at is None

    def earliest(self, *event_types: str) -> datetime | None:
        return min((e.occurred_at for e in self.all_events if e.event_type in event_types), default=None)

    @property
    def all_events(self) -> list[Event]:
        return self.events + self.order_events


def suborders_of(company: Company) -> list[SubOrder]:
    """The sub-orders of one order (the company holds its rows only), smallest code first."""
    every_event = events(company)
    codes = versions(company.table("suborders"), "fulfilment_code")
    found = [
        SubOrder(
            code,
            latest(rows, "order_id"),
            rows,
            [e for e in every_event if e.fulfilment_code == code],
            [e for e in every_event if e.fulfilment_code is None and e.order_id == latest(rows, "order_id")],
        )
        for code, rows in sorted(codes.items())
    ]
    replacements = sorted(
        (s.first_recorded_at, s.code, s.now("replaces")) for s in found if s.now("replaces")
    )
    batches = {sub.code: latest(sub.rows, "batch") for sub in found}
    for sub in found:
        own = batches[sub.code]
        sub.batch = own if own is not None else batches.get(latest(sub.rows, "replaces"))
        by = [(when, code) for when, code, replaced in replacements if replaced == sub.code]
        if by:
            sub.replaced_at, sub.replaced_by = by[0]
    for sub in found:
        set_times(sub, company)
    for sub in found:
        sign(sub, [other for other in found if other is not sub], company)
    for sub in found:
        close(sub, company)
    return found


def set_times(sub: SubOrder, company: Company) -> None:
    """A milestone's time is its earliest event; the order's milestones are those of each sub-order."""
    placed = first(versions(company.table("orders"), "order_id").get(sub.order_id, []), "placed_at")
    times = {"placed": placed, **{name: sub.earliest(name) for name in MILESTONES}}
    sub.times = {name: at for name, at in times.items() if at is not None}
    for told in ("transfer_dispatched", "transfer_requested"):
        placed_events = [e for e in sub.all_events if e.event_type == told and e.place]
        if placed_events:
            sub.transfer_place = min(placed_events, key=lambda e: e.occurred_at).place
    sub.claimed_at = sub.earliest(*CLAIMS)


def cancel_time(sub: SubOrder) -> datetime | None:
    return sub.earliest("cancelled")


def is_carrier_signature(event: Event, sub: SubOrder, company: Company) -> bool:
    """Put into a locker is a signature only where the carrier's row says that it never tells of the
    collection.
    """
    carrier = event.carrier or sub.now("carrier")
    tells = reference_value(company, "carriers", "carrier", carrier, "sends_collected_event")
    if event.event_type == "collected":
        return True
    if event.event_type == "available_for_pickup":
        return tells is False
    return event.event_type == "delivered" and (event.sign_method not in LOCKER_METHODS or tells is False)


def is_before_outbound(event: Event, sub: SubOrder) -> bool:
    return "outbound" in sub.times and event.occurred_at < sub.times["outbound"]


def is_disputed(event: Event, sub: SubOrder) -> bool:
    """A ticket of the sub-order, or of the order, after the carrier's signature."""
    tickets = [e for e in sub.all_events if e.event_type == "not_received_ticket"]
    return any(event.occurred_at < ticket.occurred_at for ticket in tickets)


def order_click_signs(click: Event, sub: SubOrder, others: list[SubOrder]) -> bool:
    """A click that names only the order: the only one left alive by then, or one that was nearly there by
    then.
    """

    def is_out(other: SubOrder) -> bool:
        cancelled = cancel_time(other)
        return other.replaced_by is not None or (cancelled is not None and cancelled <= click.occurred_at)

    near = [sub.times[name] for name in ("hub_arrived", "out_for_delivery") if name in sub.times]
    return all(is_out(other) for other in others) or any(at <= click.occurred_at for at in near)


def sign(sub: SubOrder, others: list[SubOrder], company: Company) -> None:
    """Set the signature that holds, and the cancellation unless it came after the signature."""
    carrier, clicks = [], []
    for event in sub.all_events:
        if event.event_type == "received_click":
            own = event.fulfilment_code is not None
            valid = not is_before_outbound(event, sub) and (own or order_click_signs(event, sub, others))
            if valid:
                clicks.append(event)
        elif event.event_type in ("delivered", "collected", "available_for_pickup"):
            valid = (
                is_carrier_signature(event, sub, company)
                and not is_before_outbound(event, sub)
                and not is_disputed(event, sub)
            )
            if valid:
                carrier.append(event)
    cancelled = cancel_time(sub)
    if sub.replaced_by is not None:
        carrier, clicks = [], []
    if cancelled is not None:
        carrier = [e for e in carrier if e.occurred_at <= cancelled]
        clicks = [e for e in clicks if e.occurred_at <= cancelled]
    sub.valid = carrier + clicks
    by_carrier = min(carrier, key=lambda e: e.occurred_at, default=None)
    by_click = min(clicks, key=lambda e: e.occurred_at, default=None)
    chosen = choose(company.sign_rule, by_carrier, by_click)
    if chosen is not None:
        sub.times["signed"] = chosen.occurred_at
        sub.sign_source = "carrier" if chosen is by_carrier else "customer_click"
        sub.sign_method = chosen.sign_method
    elif cancelled is not None:
        sub.cancelled_at = cancelled


def choose(rule: str, by_carrier: Event | None, by_click: Event | None) -> Event | None:
    if by_carrier is None or by_click is None:
        return by_carrier or by_click
    if rule == "carrier_first":
        return by_carrier
    if rule == "customer_first":
        return by_click
    return by_click if by_click.occurred_at < by_carrier.occurred_at else by_carrier


def close(sub: SubOrder, company: Company) -> None:
    """Returned, refused or lost, and neither replaced nor signed within the days: no longer open.

    One that is replaced only later was given up in between, and is shown as replaced.
    """
    stopped = sub.earliest(*CLOSING)
    if stopped is None or sub.cancelled_at is not None:
        return
    limit = stopped + timedelta(days=company.parameters.closing_days)
    in_time = [at for at in (sub.signed_at, sub.replaced_at) if at is not None and at <= limit]
    if limit <= company.as_of and not in_time:
        sub.given_up_at = limit
        sub.closed_at = None if sub.replaced_by else limit
