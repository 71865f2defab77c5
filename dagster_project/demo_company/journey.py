"""When things truly happen, from payment to the last round: int64 epoch seconds, NONE where absent."""

from collections.abc import Callable

import numpy as np

from .company import (
    CARRIERS,
    CITIES,
    FIRST_FRONT,
    FIRST_SUPPLIER,
    HAUL_HOURS,
    KIND,
    NONE,
    ORDER_TYPES,
    SUPPLIER,
    TRANSFER,
    TRANSFER_STANDARD,
)
from .days import HOUR, Schedules, local_day, number
from .network import Suborders
from .orders import Orders

MINUTE = 60
KIND_OF_ORDER = {kind.code: number for number, kind in enumerate(ORDER_TYPES)}
Times = dict[int, np.ndarray]
Scale = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

# Planted troubles, by what a place did with the time it used to take: the transfers are in `calibration`.
PHONE_CALL_MINUTES = 342.0  # coordinating a transfer by phone costs 5.7 hours on average …
PHONE_CALLS_UNTIL = "2026-01-18"  # … until this day
SLOW_GATE = ("C", "2025-12-01", "2025-12-31", 1.45)  # place C, packed to outbound, in December
DRAWINGS, CUSTOMS, KITS = (
    KIND_OF_ORDER[code] for code in ("made_to_drawing", "bonded_cross_border", "kit_assembly")
)
DRAWING_FACTOR, CUSTOMS_FACTOR, KIT_FACTOR = (
    3.0,
    2.0,
    2.2,
)  # reviews with a drawing or customs papers, packing of kits
SLOW_HUB = ("YUNDA", "2026-01-01", "2026-01-31", 1.35)  # a carrier's destination hubs in January


def lognormal(rng: np.random.Generator, count: int, mean: float, spread: float) -> np.ndarray:
    """Draws with the given mean; `spread` is the sigma of the logarithm."""
    return np.exp(rng.normal(-spread * spread / 2, spread, count)) * mean


def office_times(rng: np.random.Generator, orders: Orders, schedules: Schedules) -> tuple[Times, np.ndarray]:
    """Payment and finance review of every order, and when it is released to be fulfilled."""
    count = len(orders)
    has_payment = np.array([kind.has_payment for kind in ORDER_TYPES])[orders.type]
    has_review = np.array([kind.has_review for kind in ORDER_TYPES])[orders.type]
    pays_late = rng.random(count) < 0.08
    wait = np.where(pays_late, lognormal(rng, count, 480, 0.7), lognormal(rng, count, 14, 0.7))
    paid = np.where(has_payment, orders.placed + (wait * MINUTE).astype(np.int64) + 30, NONE)
    work = lognormal(rng, count, 55, 0.6) * np.select(
        [orders.type == DRAWINGS, orders.type == CUSTOMS], [DRAWING_FACTOR, CUSTOMS_FACTOR], 1.0
    )
    review = schedules.office.add(np.maximum(orders.placed, paid), work * MINUTE)
    review = np.where(has_review, review, NONE)
    return (
        {KIND["placed"]: orders.placed, KIND["paid"]: paid, KIND["finance_approved"]: review},
        np.maximum(np.maximum(orders.placed, paid), review),
    )


def until_pickup(
    rng: np.random.Generator,
    suborders: Suborders,
    kind: np.ndarray,
    schedules: Schedules,
    load: np.ndarray,
    first_day: int,
    scale: Scale,
) -> Times:
    """Transfer, supplier and warehouse times of sub-orders up to the carrier's pick-up.

    Args:
        kind: the order type of each.
        load: by day since `first_day`, how busy the warehouses are (1 is normal).
        scale: (sending place, requested at, drawn minutes) -> minutes of each transfer.
    """
    count = len(suborders)
    times: Times = {}
    is_transfer, is_supplier = suborders.route == TRANSFER, suborders.route == SUPPLIER
    call = np.where(
        local_day(suborders.created) <= number(PHONE_CALLS_UNTIL),
        lognormal(rng, count, PHONE_CALL_MINUTES, 0.5),
        lognormal(rng, count, 95, 0.5),
    )
    requested = suborders.created + ((call + 8) * MINUTE).astype(np.int64)
    standard = np.array(TRANSFER_STANDARD)[np.maximum(suborders.sender, 0)]
    minutes = scale(suborders.sender, requested, standard * lognormal(rng, count, 1.0, 0.22))
    received = requested + (minutes * MINUTE).astype(np.int64)
    dispatched = requested + ((received - requested) * (0.2 + 0.25 * rng.random(count))).astype(np.int64)
    for step, at in (("requested", requested), ("dispatched", dispatched), ("received", received)):
        times[KIND[f"transfer_{step}"]] = np.where(is_transfer, at, NONE)

    ordered = schedules.office.add(suborders.created, lognormal(rng, count, 70, 0.5) * MINUTE)
    supplier_pace = 0.85 + 0.05 * ((suborders.place - FIRST_SUPPLIER) % 7)
    shipped = schedules.office.add(ordered, lognormal(rng, count, 560, 0.35) * supplier_pace * MINUTE)
    times[KIND["supplier_ordered"]] = np.where(is_supplier, ordered, NONE)
    times[KIND["supplier_shipped"]] = np.where(is_supplier, shipped, NONE)

    start = np.where(is_transfer, received, suborders.created)
    task = start + rng.integers(30, 240, count)
    busy = load[np.clip(local_day(start) - first_day, 0, len(load) - 1)]
    is_front = suborders.place >= FIRST_FRONT
    wait = lognormal(rng, count, 1.0, 0.45) * np.where(is_front, 45, 75) * busy
    picking = schedules.stock.add(task, wait * MINUTE)
    picked = schedules.stock.add(picking, lognormal(rng, count, 24, 0.4) * MINUTE)
    packing = lognormal(rng, count, 19, 0.4) * np.where(kind == KITS, KIT_FACTOR, 1.0)
    packed = schedules.stock.add(picked, packing * MINUTE)
    gate = lognormal(rng, count, 1.0, 0.4) * np.where(is_front, 50, 80)
    place, first, last, factor = SLOW_GATE
    gate = np.where(
        _within(packed, first, last) & (suborders.place == "ABC".index(place)), gate * factor, gate
    )
    outbound = schedules.stock.add(packed, gate * MINUTE)
    for step, at in (
        ("pick_created", task), ("pick_started", picking), ("picked", picked), ("packed", packed),
        ("outbound", outbound),
    ):  # fmt: skip
        times[KIND[step]] = np.where(is_supplier, NONE, at)

    handed = np.where(is_supplier, shipped, outbound)
    wait = 25 + lognormal(rng, count, 150, 0.6)
    times[KIND["picked_up"]] = schedules.pickup.add(handed, wait * MINUTE)
    return times


def until_delivery(
    rng: np.random.Generator, suborders: Suborders, schedules: Schedules, picked_up: np.ndarray
) -> Times:
    """The carrier's tracks from a pick-up to what would be the first delivery, nothing going wrong."""
    count = len(suborders)
    distance = np.array([city.distance for city in CITIES])[suborders.city]
    pace = np.array([carrier.pace for carrier in CARRIERS])[suborders.carrier]
    hours = np.array(HAUL_HOURS)[distance] * pace * np.exp(rng.normal(0, 0.24, count))
    # now and then a parcel is left lying at a hub for a day or three
    hours += np.where(rng.random(count) < 0.035, rng.uniform(18, 70, count), 0)
    arrived = schedules.haul.add(picked_up, hours * HOUR)
    span = arrived - picked_up
    left = picked_up + (span * (0.08 + 0.12 * rng.random(count))).astype(np.int64)
    between = picked_up + (span * (0.45 + 0.2 * rng.random(count))).astype(np.int64)
    sorting = lognormal(rng, count, 150, 0.45)
    code, first, last, factor = SLOW_HUB
    slow = _within(arrived, first, last) & (
        suborders.carrier == [carrier.code for carrier in CARRIERS].index(code)
    )
    out = schedules.rounds.add(arrived, np.where(slow, sorting * factor, sorting) * MINUTE)
    delivered = schedules.rounds.add(out, lognormal(rng, count, 170, 0.5) * MINUTE)
    return {
        KIND["hub_departed"]: left,
        KIND["in_transit"]: between,
        KIND["hub_arrived"]: arrived,
        KIND["out_for_delivery"]: out,
        KIND["delivered"]: delivered,
    }


def _within(at: np.ndarray, first: str, last: str) -> np.ndarray:
    day = local_day(at)
    return (day >= number(first)) & (day <= number(last))
