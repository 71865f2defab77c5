"""What customers do: click "received", look up the progress, open tickets."""

import numpy as np

from .company import KIND, METHOD, NONE
from .days import DAY, HOUR, day_start, local_day
from .dirt import RATES
from .journey import Times
from .network import Suborders
from .orders import Orders
from .outcomes import DAMAGED, DISPUTED, LOCKER, Cancellations, Extras

COMPLAINTS = 0.016  # of orders, in the first month
COMPLAINT_GROWTH = 1.12  # a month
LATE_COMPLAINTS = 4.0  # times as many where the wished day was missed
LOOK_UPS = (
    0.12,
    0.68,
)  # share of orders whose customer looked up the progress, from the first day to the last
REDELIVERED, CLICKED = 0.40, 0.35  # of disputed signatures; the rest is never settled


def dispute(
    rng: np.random.Generator, suborders: Suborders, times: Times, ending: np.ndarray, extras: Extras
) -> np.ndarray:
    """Tickets of customers who got nothing, or something broken.

    Returns: when each sub-order's ticket was opened, NONE without one.
    """
    count = len(suborders)
    delivered = times[KIND["delivered"]]
    wait = rng.integers(3 * HOUR, 40 * HOUR, count)
    tickets = np.where(np.isin(ending, (DISPUTED, DAMAGED)) & (delivered != NONE), delivered + wait, NONE)
    names_code = rng.random(count) < 0.6
    for kind, of in (("not_received_ticket", DISPUTED), ("complaint_ticket", DAMAGED)):
        at = np.nonzero((ending == of) & (tickets != NONE))[0]
        extras.add(kind, np.where(names_code[at], at, NONE), suborders.order[at], tickets[at])
    how = rng.random(count)
    settled = tickets + rng.integers(5 * HOUR, 50 * HOUR, count)
    is_disputed = (ending == DISPUTED) & (tickets != NONE)
    at = np.nonzero(is_disputed & (how < REDELIVERED))[0]
    extras.add("delivered", at, suborders.order[at], settled[at], METHOD["after_exception"])
    at = np.nonzero(is_disputed & (how >= REDELIVERED) & (how < REDELIVERED + CLICKED))[0]
    extras.add("received_click", at, suborders.order[at], settled[at])
    return np.where((ending == DISPUTED) & (how < REDELIVERED + CLICKED), NONE, tickets)


def click(
    rng: np.random.Generator,
    suborders: Suborders,
    times: Times,
    ending: np.ndarray,
    plain: np.ndarray,
    extras: Extras,
) -> None:
    """Clicks on "received": after the delivery, before the courier scanned it, long before; by code or order.

    Args:
        plain: sub-orders of orders without cancellation or replacement: these may be named by order alone.
    """
    count = len(suborders)
    delivered, out = times[KIND["delivered"]], times[KIND["out_for_delivery"]]
    signed = np.maximum(delivered, times[KIND["collected"]])
    usual = (signed != NONE) & (out != NONE) & (ending != DISPUTED)
    draw, kind = rng.random(count), rng.random(count)
    clicks = usual & (draw < RATES["click"])
    early = clicks & (kind < RATES["click_before_carrier"])
    before = clicks & (kind > 1 - RATES["click_before_outbound"]) & (times[KIND["outbound"]] != NONE)
    after = signed + (HOUR * np.exp(rng.normal(1.2, 1.1, count))).astype(np.int64) + 60
    during = out + ((signed - out) * rng.uniform(0.45, 0.97, count)).astype(np.int64)
    outbound = times[KIND["outbound"]]
    ahead = suborders.created + ((outbound - suborders.created) * rng.uniform(0.1, 0.7, count)).astype(
        np.int64
    )
    at = np.where(early, during, np.where(before, ahead, after))
    waiting = (ending == LOCKER) & (signed == NONE) & (draw < 0.3)
    at = np.where(waiting, times[KIND["available_for_pickup"]] + rng.integers(DAY, 3 * DAY, count), at)
    order_only = plain & ~before & ~waiting & (rng.random(count) < RATES["click_names_order_only"])
    chosen = np.nonzero(clicks | waiting)[0]
    extras.add(
        "received_click", np.where(order_only[chosen], NONE, chosen), suborders.order[chosen], at[chosen]
    )


def ask(
    rng: np.random.Generator,
    orders: Orders,
    suborders: Suborders,
    times: Times,
    plan: Cancellations,
    extras: Extras,
    first_day: int,
    days: int,
) -> None:
    """Progress queries, complaints and other tickets, one of each at most per order."""
    count = len(orders)
    signed = np.maximum(times[KIND["delivered"]], times[KIND["collected"]])
    last = np.full(count, NONE)
    np.maximum.at(last, suborders.order, signed)
    passed = (orders.day - first_day) / max(days - 1, 1)
    looks = rng.random(count) < LOOK_UPS[0] + (LOOK_UPS[1] - LOOK_UPS[0]) * passed
    until = np.where(last > orders.placed, last, orders.placed + 3 * DAY)
    at = orders.placed + 1800 + ((until - orders.placed) * rng.uniform(0.05, 0.98, count)).astype(np.int64)
    chosen = np.nonzero(looks)[0]
    extras.add("progress_query", np.full(len(chosen), NONE), chosen, at[chosen])

    late = (orders.wished_day != NONE) & (
        (last == NONE) | (local_day(np.maximum(last, 1)) > orders.wished_day)
    )
    share = (
        COMPLAINTS
        * COMPLAINT_GROWTH ** ((orders.day - first_day) / 30.4)
        * np.where(late, LATE_COMPLAINTS, 1)
    )
    complains = (rng.random(count) < share) & (plan.of_order != 1)
    overdue = day_start(np.maximum(orders.wished_day, orders.day) + 1) + rng.integers(
        6 * HOUR, 60 * HOUR, count
    )
    settled = last + rng.integers(HOUR, 48 * HOUR, count)
    at = np.where(late | (last == NONE), overdue, settled)
    chosen = np.nonzero(complains)[0]
    extras.add("complaint_ticket", np.full(len(chosen), NONE), chosen, at[chosen])
    asks = np.nonzero(rng.random(count) < 0.03)[0]
    extras.add(
        "other_ticket",
        np.full(len(asks), NONE),
        asks,
        orders.placed[asks] + rng.integers(HOUR, 5 * DAY, len(asks)),
    )
