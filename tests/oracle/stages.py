"""Stages between milestones: durations, standards, what is stuck, deviation with its colour, and who owns
lateness.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from oracle.clock import MINUTE, local_day, microseconds
from oracle.company import Company, Row, missing_milestones, standard_rows
from oracle.orders import UNKNOWN, Order
from oracle.signing import SubOrder

OFFICE = ("placed", "paid", "finance_approved")
CARRIED = ("picked_up", "hub_arrived", "out_for_delivery", "signed")
TOO_TIGHT = "promise_too_tight"


@dataclass(frozen=True)
class Stage:
    """A stage of one sub-order; `ended_at` is None while it is inside. Microseconds; the standard is null
    without one.
    """

    code: str
    order_id: str
    name: str
    place: str
    carrier: str
    order_type: str
    started_at: datetime
    ended_at: datetime | None
    standard: int | None

    @property
    def actual(self) -> int | None:
        return None if self.ended_at is None else microseconds(self.ended_at, self.started_at)

    @property
    def is_excluded(self) -> bool:
        """Without a standard, or ending before it starts."""
        return self.standard is None or (self.actual is not None and self.actual < 0)


def name_of(start: str, end: str) -> str:
    return "transfer" if (start, end) == ("transfer_requested", "transfer_received") else f"{start}_to_{end}"


def expected(company: Company, route: object, order_type: str) -> list[str]:
    """The milestones that a sub-order of this route and type has, in order."""
    rows = [row for row in company.reference.get("route_milestones", []) if row["route"] == route]
    gone = missing_milestones(company, order_type)
    return [
        row["milestone"]
        for row in sorted(rows, key=lambda row: row["position"])
        if row["milestone"] not in gone
    ]


def place_of(milestone: str, sub: SubOrder) -> str:
    """Where a stage that starts at this milestone lies."""
    if milestone in OFFICE:
        at = [e for e in sub.all_events if e.event_type == milestone and e.place]
        return str(min(at, key=lambda e: e.occurred_at).place) if at else "office"
    if milestone == "transfer_requested":
        return sub.transfer_place or UNKNOWN
    return str(sub.now("carrier" if milestone in CARRIED else "origin_place") or UNKNOWN)


def standard_of(company: Company, stage: str, place: str, order_type: str, day: date) -> int | None:
    """The most specific row: place and type; place; type; the stage alone."""
    rows = standard_rows(company, stage, day)
    for wanted in ((place, order_type), (place, None), (None, order_type), (None, None)):
        for row in rows:
            if (row.get("place") or None, row.get("order_type") or None) == wanted:
                return round(Fraction(str(row["minutes"])) * MINUTE)
    return None


def summed_standard(
    company: Company, sub: SubOrder, order_type: str, path: list[str], started_at: datetime
) -> int | None:
    """A joined stage: the sum of the standards of its parts; None if one is missing."""
    day, total = local_day(started_at, company.timezone), 0
    for start, end in pairwise(path):
        part = standard_of(company, name_of(start, end), place_of(start, sub), order_type, day)
        if part is None:
            return None
        total += part
    return total


def stages_of(company: Company, sub: SubOrder, order_type: str) -> list[Stage]:
    """Finished stages, and the one that the sub-order is inside of."""
    milestones = expected(company, sub.now("route"), order_type)
    seen = [name for name in milestones if name in sub.times]
    carrier = str(sub.now("carrier") or UNKNOWN)
    found = []
    for n, start in enumerate(seen):
        following = milestones[milestones.index(start) + 1 :]
        if not following:
            continue
        end = seen[n + 1] if n + 1 < len(seen) else following[0]
        path = milestones[milestones.index(start) : milestones.index(end) + 1]
        standard = summed_standard(company, sub, order_type, path, sub.times[start])
        found.append(
            Stage(
                sub.code,
                sub.order_id,
                name_of(start, end),
                place_of(start, sub),
                carrier,
                order_type,
                sub.times[start],
                sub.times.get(end),
                standard,
            )
        )
    return found


def all_stages(company: Company, orders: list[Order]) -> list[Stage]:
    """Stages of every sub-order that counts: a cancelled one counts nowhere."""
    return [
        stage
        for order in orders
        for sub in order.subs
        if sub.cancelled_at is None
        for stage in stages_of(company, sub, order.order_type)
    ]


def colour(count: int, actual: int, standard: int, minimum: int) -> str:
    """Below 5 % green, to 10 % yellow, above red; too few grey. Integer microseconds throughout."""
    if count < minimum:
        return "grey"
    excess = 100 * (actual - standard)
    return "green" if excess < 5 * standard else "yellow" if excess <= 10 * standard else "red"


def deviations(company: Company, stages: list[Stage]) -> dict[tuple[str, date, str, str], Row]:
    """By period ('day' or 'month'), its first day, stage and place: counts, sums (microseconds), deviation,
    colour.
    """
    sums: dict[tuple[str, date, str, str], list[Stage]] = defaultdict(list)
    for stage in stages:
        if stage.ended_at is not None and not stage.is_excluded:
            day = local_day(stage.ended_at, company.timezone)
            for period, start in (("day", day), ("month", day.replace(day=1))):
                sums[period, start, stage.name, stage.place].append(stage)
    found = {}
    for key, ended in sums.items():
        actual, standard = sum(s.actual or 0 for s in ended), sum(s.standard or 0 for s in ended)
        found[key] = {
            "suborders": len(ended),
            "actual": actual,
            "standard": standard,
            "deviation": (actual - standard) / standard if standard else None,
            "colour": colour(len(ended), actual, standard, company.parameters.colour_minimum),
        }
    return found


def left_at(sub: SubOrder) -> datetime | None:
    """When an unfinished stage stops being open although no milestone ended it."""
    return min(
        (at for at in (sub.given_up_at, sub.cancelled_at, sub.replaced_at) if at is not None), default=None
    )


def open_overdue(stages: list[Stage], subs: dict[str, SubOrder], at: datetime) -> dict[tuple[str, str], int]:
    """Sub-orders inside each stage × place and past its standard at an instant."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for stage in stages:
        sub = subs[stage.code]
        gone = left_at(sub)
        inside = stage.started_at <= at and (stage.ended_at is None or stage.ended_at > at)
        if not inside or (gone is not None and gone <= at):
            continue
        if stage.standard is not None and at > stage.started_at + timedelta(microseconds=stage.standard):
            found[stage.name, stage.place] += 1
    return dict(found)


def replaced_carrier(order: Order, stage: str, subs: dict[str, SubOrder]) -> str | None:
    """Who carried what the deciding sub-order replaces, in the stage from the order's milestones to its own."""
    original = order.deciding.now("replaces") if order.deciding else None
    start, _, end = stage.partition("_to_")
    if not original or start not in OFFICE or end in OFFICE:
        return None
    return str((subs[original].now("carrier") if original in subs else None) or UNKNOWN)


def attribution(company: Company, order: Order) -> dict[tuple[str, str | None], Fraction]:
    """Late microseconds of an order by stage and place; they sum to its lateness."""
    if order.lateness is None or order.lateness <= 0 or order.deciding is None:
        return {}
    overruns: dict[tuple[str, str | None], int] = defaultdict(int)
    for stage in stages_of(company, order.deciding, order.order_type):
        if stage.actual is not None and stage.standard is not None and not stage.is_excluded:
            overruns[stage.name, stage.place] += max(0, stage.actual - stage.standard)
    total = sum(overruns.values())
    share = min(Fraction(1), Fraction(order.lateness, total)) if total else Fraction(0)
    owned = {key: overrun * share for key, overrun in overruns.items() if overrun}
    rest = order.lateness - sum(owned.values())
    if rest:
        owned[TOO_TIGHT, None] = Fraction(rest)
    return owned
