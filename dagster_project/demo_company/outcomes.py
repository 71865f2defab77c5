"""How sub-orders end: delivered, refused, lost, in a locker, disputed, cancelled, replaced.
True times only."""

from dataclasses import dataclass, field

import numpy as np

from .company import BATCH_TYPE, KIND, METHOD, NONE
from .days import DAY, HOUR, Schedules, day_start
from .dirt import RATES
from .journey import Times
from .network import Suborders
from .orders import Orders

NORMAL, RETURNED, REFUSED, LOST_PARCEL, DAMAGED, LOCKER, DISPUTED, FAILED_ONCE = range(8)
_SHARES = ("returned_by_sender", "refused", "lost_parcel", "damaged", "locker", "disputed", "attempt_failed")
_BEFORE_DELIVERY = [KIND[name] for name in ("hub_arrived", "out_for_delivery", "delivered")]
_CUT = [at for at in range(KIND["transfer_requested"], KIND["received_click"])]
EARLY, LATE, AFTER = (
    1,
    2,
    3,
)  # when something is cancelled: before it ships, after its promise, after its signature


@dataclass
class Extras:
    """Events beside the one of each kind that a sub-order has: (kind, sub-orders, orders, times, methods)."""

    parts: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)

    def add(
        self, kind: str, suborder: np.ndarray, order: np.ndarray, at: np.ndarray, method: int = 0
    ) -> None:
        """Adds events; `suborder` NONE where the event names only the order."""
        self.parts.append((KIND[kind], suborder, order, at, np.full(len(at), method)))


@dataclass
class Cancellations:
    """Which orders and sub-orders are cancelled (EARLY, LATE, AFTER or 0), and at what time (NONE: not)."""

    of_order: np.ndarray
    of_part: np.ndarray
    order_at: np.ndarray
    part_at: np.ndarray

    def planned(self, order: np.ndarray) -> np.ndarray:
        """The cancellation that meets each sub-order, its own or its order's."""
        return np.maximum(self.of_order[order], self.of_part)


def plan_cancellations(rng: np.random.Generator, orders: Orders, suborders: Suborders) -> Cancellations:
    draw, part = rng.random(len(orders)), rng.random(len(suborders))
    edges = np.cumsum([RATES[f"cancelled_{when}"] for when in ("early", "late", "after_signature")])
    of_order = np.select([draw < edges[0], draw < edges[1], draw < edges[2]], [EARLY, LATE, AFTER], 0)
    of_order = np.where((of_order == LATE) & (orders.type == BATCH_TYPE), 0, of_order)
    edges = np.cumsum([RATES[f"part_cancelled_{when}"] for when in ("early", "late", "after_signature")])
    of_part = np.select([part < edges[0], part < edges[1], part < edges[2]], [EARLY, LATE, AFTER], 0)
    can_part = (orders.suborders[suborders.order] > 1) & (of_order[suborders.order] == 0)
    return Cancellations(
        of_order,
        np.where(can_part, of_part, 0),
        np.full(len(orders), NONE),
        np.full(len(suborders), NONE),
    )


def end_journeys(
    rng: np.random.Generator,
    suborders: Suborders,
    times: Times,
    schedules: Schedules,
    planned_cancellation: np.ndarray,
    is_replacement: bool,
) -> tuple[np.ndarray, np.ndarray, Extras]:
    """Turns some of the deliveries in `times` into other endings, in place.

    Returns: the ending of each sub-order, the sign method of its `delivered`/locker event, further events.
    """
    count = len(suborders)
    edges = np.cumsum([RATES[share] for share in _SHARES])
    ending = (np.searchsorted(edges, rng.random(count), side="right") + 1) % 8
    if is_replacement:
        ending = np.where(np.isin(ending, (LOCKER, FAILED_ONCE)), ending, NORMAL)
    ending = np.where(planned_cancellation > 0, NORMAL, ending)
    delivered, between = times[KIND["delivered"]], times[KIND["in_transit"]]
    extras = Extras()
    method = np.where(rng.random(count) < 0.27, METHOD["proxy"], METHOD["in_person"])
    for kind in ("attempt_failed", "available_for_pickup", "collected", "refused", "returning",
                 "returned_signed", "exception", "lost"):  # fmt: skip
        times[KIND[kind]] = np.full(count, NONE)

    def put(kind: str, where: np.ndarray, at: np.ndarray) -> None:
        times[KIND[kind]] = np.where(where, at, times[KIND[kind]])

    hours = rng.uniform(0, 1, (4, count))
    failed = ending == FAILED_ONCE
    again = schedules.rounds.add(delivered + 11 * HOUR, 5400 + hours[0] * 7200)
    put("attempt_failed", failed | (ending == RETURNED), delivered)
    at = np.nonzero(failed)[0]
    extras.add("out_for_delivery", at, suborders.order[at], again[at])
    second = schedules.rounds.add(again, 1800 + hours[1] * 4 * HOUR)

    put("refused", ending == REFUSED, delivered)
    returning = delivered + (HOUR * (4 + 30 * hours[0])).astype(np.int64)
    returned = returning + (HOUR * (40 + 80 * hours[1])).astype(np.int64)
    back = (ending == REFUSED) | (ending == RETURNED)
    put("returning", back, returning)
    put("returned_signed", back, returned)

    stuck = (ending == LOST_PARCEL) | (planned_cancellation == LATE)
    put("exception", stuck, between + (HOUR * (30 + 30 * hours[0])).astype(np.int64))
    put("lost", ending == LOST_PARCEL, between + (HOUR * (96 + 90 * hours[1])).astype(np.int64))

    in_locker = ending == LOCKER
    never = in_locker & (rng.random(count) < RATES["locker_never_collected"])
    put("available_for_pickup", in_locker, delivered)
    put(
        "collected",
        in_locker & ~never,
        delivered + (HOUR * np.exp(rng.normal(2.2, 0.8, count))).astype(np.int64) + 600,
    )
    sent_back = never & (hours[2] < 0.5)
    put("returning", sent_back, delivered + 7 * DAY)
    put("returned_signed", sent_back, delivered + 10 * DAY)
    method = np.where(in_locker, np.where(hours[3] < 0.6, METHOD["locker"], METHOD["pickup_point"]), method)

    times[KIND["delivered"]] = np.where(
        failed, second, np.where(np.isin(ending, (NORMAL, DAMAGED, DISPUTED)) & ~stuck, delivered, NONE)
    )
    for step in _BEFORE_DELIVERY:
        times[step] = np.where(stuck, NONE, times[step])
    return ending, method, extras


def replacements(
    rng: np.random.Generator,
    suborders: Suborders,
    times: Times,
    ending: np.ndarray,
    planned_cancellation: np.ndarray,
    tickets: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Which sub-orders are replaced, and when the replacement is recorded.

    Args:
        tickets: when each sub-order's customer complained of damage or of nothing received; NONE else.
    """
    count = len(suborders)
    share = np.array([0, 0.3, 0.5, 0.9, 1.0, 0, 0.12, 0])[ending]
    since = np.select(
        [ending == RETURNED, ending == REFUSED, ending == LOST_PARCEL],
        [times[KIND[name]] for name in ("returned_signed", "refused", "lost")],
        tickets,
    )
    chosen = np.nonzero((rng.random(count) < share) & (since != NONE) & (planned_cancellation == 0))[0]
    return chosen, since[chosen] + rng.integers(2 * HOUR, 40 * HOUR, len(chosen))


def cancel(
    rng: np.random.Generator,
    orders: Orders,
    suborders: Suborders,
    times: Times,
    office: Times,
    plan: Cancellations,
    released: np.ndarray,
) -> np.ndarray:
    """Sets when the planned cancellations happen and cuts off what would have come after them, in place.

    Returns: which sub-orders never come to be, their order being cancelled before they are recorded.
    """
    count = len(orders)
    before = np.where(
        rng.random(count) < 0.3,
        orders.placed + ((released - orders.placed) * rng.random(count)).astype(np.int64) + 60,
        released + rng.integers(10 * 60, 3 * HOUR, count),
    )
    wish = np.where(orders.wished_day >= orders.day, orders.wished_day, orders.day + 3)
    late = day_start(wish + 1) + rng.integers(4 * DAY, 8 * DAY, count)
    signed = np.maximum(times[KIND["delivered"]], times[KIND["collected"]])
    last = np.full(count, NONE)
    np.maximum.at(last, suborders.order, signed)
    after = np.where(last == NONE, NONE, last + rng.integers(DAY, 6 * DAY, count))
    plan.order_at = np.select(
        [plan.of_order == EARLY, plan.of_order == LATE, plan.of_order == AFTER], [before, late, after], NONE
    )

    own = len(suborders)
    part_wish = np.where(suborders.batch_wish != NONE, suborders.batch_wish, wish[suborders.order])
    part_late = day_start(part_wish + 1) + rng.integers(4 * DAY, 8 * DAY, own)
    part_after = np.where(signed == NONE, NONE, signed + rng.integers(DAY, 6 * DAY, own))
    plan.part_at = np.select(
        [plan.of_part == EARLY, plan.of_part == LATE, plan.of_part == AFTER],
        [suborders.created + rng.integers(10 * 60, 3 * HOUR, own), part_late, part_after],
        NONE,
    )
    order_at = plan.order_at[suborders.order]
    at = np.where(plan.part_at == NONE, order_at, plan.part_at)
    is_late = plan.planned(suborders.order) == LATE
    times[KIND["returning"]] = np.where(is_late, at + 20 * HOUR, times[KIND["returning"]])
    times[KIND["returned_signed"]] = np.where(is_late, at + 70 * HOUR, times[KIND["returned_signed"]])
    is_early = plan.planned(suborders.order) == EARLY
    for cut in _CUT:
        if cut in times:
            times[cut] = np.where(is_early & (times[cut] > at), NONE, times[cut])
    for step in (KIND["paid"], KIND["finance_approved"]):
        gone = (plan.of_order == EARLY) & (office[step] > plan.order_at)
        office[step] = np.where(gone, NONE, office[step])
    return (plan.of_order[suborders.order] == EARLY) & (suborders.created > order_at)
