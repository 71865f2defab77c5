"""The daily counts and rates, and the bridge from the ERP's figure to the truth."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from math import sqrt

from oracle.clock import end_of_day, local_day
from oracle.company import Company, latest, versions
from oracle.orders import Order, signed_day
from oracle.promise import Transit

Counts = dict[tuple[str, date], list[int]]


def wilson(numerator: int, denominator: int, z: float) -> tuple[float, float] | None:
    """The 95 % interval, clamped to 0-1; None over an empty denominator."""
    if denominator == 0:
        return None
    share, n = numerator / denominator, denominator
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def day_of(company: Company, instant: object) -> date:
    return local_day(instant, company.timezone)  # type: ignore[arg-type]


def daily(company: Company, orders: list[Order], transits: list[Transit]) -> Counts:
    """(metric, day) -> [numerator, denominator]."""
    found: Counts = defaultdict(lambda: [0, 0])

    def count(metric: str, day: date, is_yes: bool) -> None:
        found[metric, day][0] += is_yes
        found[metric, day][1] += 1

    for order in orders:
        signed = signed_day(order, company.timezone)
        if signed is not None and not order.promise.is_pending:
            count("promised_share", signed, order.promised_at is not None)
            if order.is_on_time is not None:
                count("true_on_time_rate", signed, order.is_on_time)
        if order.is_due and order.promised_at is not None:
            due = day_of(company, order.promised_at)
            count("promise_kept_rate", due, order.is_kept)
            count("in_full_on_time_rate", due, order.is_in_full)
            count("complaint_rate", due, order.has_complaint)
        if order.erp_shipped_at is not None:
            count("erp_on_time_rate", day_of(company, order.erp_shipped_at), bool(order.is_erp_on_time))
        if order.is_wished_hit is not None and order.wished_date is not None:
            count("wished_date_hit_rate", order.wished_date, order.is_wished_hit)
    for rows in versions(company.table("pick_lines"), "pick_line_id").values():
        if (picked := latest(rows, "picked_at")) is not None:
            count("pick_error_rate", day_of(company, picked), bool(latest(rows, "is_wrong")))
    coverage(company, orders, transits, count)
    return dict(found)


def coverage(company: Company, orders: list[Order], transits: list[Transit], count: object) -> None:
    """Signed sub-orders whose transit took at most the P80 their promise was made from."""
    hours = {transit.code: transit.hours for transit in transits}
    for order in (o for o in orders if o.promise.source == "wished"):
        for sub in order.live:
            lane = order.promise.lanes.get(sub.code)
            if (
                order.promise.of(sub) is None
                or sub.signed_at is None
                or lane is None
                or lane.high_hours is None
                or sub.code not in hours
            ):
                continue
            count("promise_coverage", day_of(company, sub.signed_at), hours[sub.code] <= lane.high_hours)  # type: ignore[operator]


def open_overdue(company: Company, orders: list[Order], day: date) -> tuple[int, int]:
    """(unsigned past the promise, open and promised) at the end of a local day, or at as_of if that is
    sooner.
    """
    at = min(end_of_day(day, company.timezone), company.as_of)
    late = still_open = 0
    for order in orders:
        if order.promised_at is None or order.placed_at is None or order.placed_at > at:
            continue
        if order.resolved_at is not None and order.resolved_at <= at:
            continue
        if order.counts_nowhere:
            continue
        still_open += 1
        late += order.promised_at <= at
    return late, still_open


def summed(counts: Counts, period: str, first_day: date) -> dict[tuple[str, date], list[int]]:
    """Daily counts rolled up to 'month' or 'all'."""
    found: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
    for (metric, day), (numerator, denominator) in counts.items():
        start = day if period == "day" else day.replace(day=1) if period == "month" else first_day
        found[metric, start][0] += numerator
        found[metric, start][1] += denominator
    return dict(found)


def period_end(company: Company, period: str, start: date, whole: bool = False) -> datetime:
    """The instant a day or month ends, or as_of if that is sooner (not if `whole`)."""
    last = (
        start
        if period == "day"
        else (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    )
    end = end_of_day(last, company.timezone)
    return end if whole else min(end, company.as_of)


def is_final(company: Company, last_day: date) -> bool:
    """The period ended so many days before as_of."""
    ended = end_of_day(last_day, company.timezone)
    return ended + timedelta(days=company.parameters.final_after_days) <= company.as_of


STEPS = ("erp", "erp_due", "first_suborder", "all_suborders", "valid_signature", "in_full", "wished_day")


def bridge_verdicts(order: Order) -> dict[str, bool]:
    """The verdict of each step from the second on, for an order that is due."""
    return {
        "erp_due": order.is_erp_on_time is True,
        "first_suborder": order.claimed_first,
        "all_suborders": order.claimed_all,
        "valid_signature": order.is_kept,
        "in_full": order.is_in_full,
        "wished_day": order.is_in_full and order.is_wished_hit is not False,
    }


def bridge(company: Company, orders: list[Order], period: str, start: date) -> dict[str, dict[str, float]]:
    """Step -> numerator, denominator, rate, points (null on the first), orders whose verdict it changes."""

    def falls(day: date) -> bool:
        return period == "all" or (day == start if period == "day" else day.replace(day=1) == start)

    shipped = [o for o in orders if o.erp_shipped_at and falls(day_of(company, o.erp_shipped_at))]
    due = [o for o in orders if o.is_due and o.promised_at and falls(day_of(company, o.promised_at))]
    found: dict[str, dict[str, float]] = {}
    before: str | None = None
    for step in STEPS:
        if step == "erp":
            yes, total, changed = sum(o.is_erp_on_time is True for o in shipped), len(shipped), len(shipped)
            complaints = sum(o.has_complaint for o in shipped)
        else:
            yes, total = sum(bridge_verdicts(o)[step] for o in due), len(due)
            moved = [
                o
                for o in due
                if step == "erp_due"
                or before is None
                or bridge_verdicts(o)[step] != bridge_verdicts(o)[before]
            ]
            changed, complaints = len(moved), sum(o.has_complaint for o in moved)
        found[step] = {
            "numerator": yes,
            "denominator": total,
            "orders": changed,
            "complaint_orders": complaints,
        }
        before = step
    return found
