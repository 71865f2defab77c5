"""How orders become sub-orders: the split, the route, the place that ships, the carrier, the batch."""

from dataclasses import dataclass, fields

import numpy as np

from .company import (
    BATCH_TYPE,
    CARRIERS,
    CITIES,
    DIRECT,
    DIRECT_SHARES,
    FIRST_FRONT,
    FIRST_SUPPLIER,
    FRONTS,
    NONE,
    SENDER_SHARES,
    SUPPLIER,
    SUPPLIERS,
    TRANSFER,
    WAREHOUSES,
)
from .orders import Orders, batch_wishes

ROUTES_OF_WHOLE = (0.86, 0.07, 0.07)  # direct, transfer, supplier
ROUTES_OF_SPLIT = (0.52, 0.30, 0.18)
LATE_SPLIT_SHARE = 0.02  # sub-orders recorded long after the first of their order: no part of the plan
CARRIER_CHANGED_SHARE = 0.012


@dataclass
class Suborders:
    """One entry per sub-order. `planned_carrier` is the first recorded; `replaces` whose place it takes."""

    order: np.ndarray
    part: np.ndarray
    route: np.ndarray
    place: np.ndarray
    sender: np.ndarray
    carrier: np.ndarray
    planned_carrier: np.ndarray
    city: np.ndarray
    batch: np.ndarray
    batch_wish: np.ndarray
    created: np.ndarray
    replaces: np.ndarray

    def __len__(self) -> int:
        return len(self.order)

    def joined(self, more: "Suborders") -> "Suborders":
        """Both, one after the other."""
        return Suborders(
            *(
                np.concatenate([getattr(self, field.name), getattr(more, field.name)])
                for field in fields(Suborders)
            )
        )


def draw_suborders(rng: np.random.Generator, orders: Orders, released: np.ndarray) -> Suborders:
    """The sub-orders of every order, recorded in the ERP soon after `released` (epoch seconds, per order)."""
    order = np.repeat(np.arange(len(orders)), orders.suborders)
    count = len(order)
    part = np.arange(count) - np.repeat(np.cumsum(orders.suborders) - orders.suborders, orders.suborders)
    is_split = orders.suborders[order] > 1
    draw = rng.random(count)
    route = np.where(
        is_split,
        np.searchsorted(np.cumsum(ROUTES_OF_SPLIT), draw),
        np.searchsorted(np.cumsum(ROUTES_OF_WHOLE), draw),
    ).clip(0, 2)
    city = orders.city[order]
    place, sender = _places(rng, route)
    carrier = draw_carriers(rng, city)
    changed = rng.random(count) < CARRIER_CHANGED_SHARE
    is_batch = orders.type[order] == BATCH_TYPE
    late_split = (part > 0) & ~is_batch & (rng.random(count) < LATE_SPLIT_SHARE)
    wait = np.where(
        late_split, rng.integers(3 * 3600, 30 * 3600, count), part * rng.integers(20, 1500, count)
    )
    return Suborders(
        order=order,
        part=part,
        route=route,
        place=place,
        sender=sender,
        carrier=carrier,
        planned_carrier=np.where(changed, draw_carriers(rng, city), carrier),
        city=city,
        batch=np.where(is_batch, part + 1, NONE),
        batch_wish=np.where(is_batch, batch_wishes(rng, orders.wished_day[order], part), NONE),
        created=released[order] + rng.integers(60, 600, count) + wait,
        replaces=np.full(count, NONE),
    )


def draw_replacements(
    rng: np.random.Generator, suborders: Suborders, replaced: np.ndarray, created: np.ndarray
) -> Suborders:
    """New sub-orders that take the place of those at the indices `replaced`; shipped direct."""
    count = len(replaced)
    route = np.full(count, DIRECT)
    place, sender = _places(rng, route)
    city = suborders.city[replaced]
    carrier = draw_carriers(rng, city)
    return Suborders(
        order=suborders.order[replaced],
        part=suborders.part[replaced],
        route=route,
        place=place,
        sender=sender,
        carrier=carrier,
        planned_carrier=carrier.copy(),
        city=city,
        batch=suborders.batch[replaced],
        batch_wish=suborders.batch_wish[replaced],
        created=created,
        replaces=replaced,
    )


def draw_carriers(rng: np.random.Generator, city: np.ndarray) -> np.ndarray:
    """A carrier for each destination city, by its reach."""
    distance = np.array([entry.distance for entry in CITIES])[city]
    # only parcels within the home province go by the two local carriers
    reach = np.array([carrier.reach for carrier in CARRIERS], float)
    shares = np.cumsum(reach / reach.sum(axis=0), axis=0)
    draw = rng.random(len(city))
    return (draw[None, :] > shares[:, distance]).sum(axis=0).clip(0, len(CARRIERS) - 1)


def _places(rng: np.random.Generator, route: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the carrier picks up, and for transfers the warehouse that sends (else NONE)."""
    count = len(route)
    shares = np.array(DIRECT_SHARES) / sum(DIRECT_SHARES)
    direct = rng.choice(WAREHOUSES + FRONTS, count, p=shares)
    sender = rng.choice(WAREHOUSES, count, p=SENDER_SHARES)
    other = (sender + rng.integers(1, WAREHOUSES, count)) % WAREHOUSES
    receiver = np.where(rng.random(count) < 0.5, other, FIRST_FRONT + rng.integers(0, FRONTS, count))
    supplier = FIRST_SUPPLIER + rng.integers(0, SUPPLIERS, count)
    place = np.select([route == TRANSFER, route == SUPPLIER], [receiver, supplier], direct)
    return place, np.where(route == TRANSFER, sender, NONE)
