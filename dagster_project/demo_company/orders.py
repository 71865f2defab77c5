"""What customers order: when, what type, where to, how many lines, for which day."""

from dataclasses import dataclass

import numpy as np

from .company import BATCH_TYPE, CITIES, NONE, ORDER_TYPES, SEGMENTS
from .days import HOUR, day_start, is_working, number, volumes

HOUR_SHARES = (
    0.3, 0.2, 0.1, 0.1, 0.1, 0.3, 0.8, 2.0, 6.0, 10.0, 11.0, 9.0, 4.5, 6.5,
    9.5, 10.0, 9.0, 6.5, 3.5, 3.0, 3.0, 2.5, 1.5, 0.8,
)  # fmt: skip
SUBORDERS_OF_SPLIT = (0.62, 0.28, 0.10)  # 2, 3, 4
LEAD_DAYS = (1, 2, 3, 4, 5)  # what customers know it takes, by distance
SLACK_DAYS = (0.09, 0.58, 0.24, 0.07, 0.02)  # what they take off or add: -1 to 3 days
SPLIT_SHARE = 0.25
WISH_BEFORE_ORDER_SHARE = 0.003
PRODUCTS = 21_300


@dataclass
class Orders:
    """One entry per order, in the order they were placed. Days are local day numbers, times epoch seconds."""

    placed: np.ndarray
    day: np.ndarray
    number_of_day: np.ndarray
    customer: np.ndarray
    type: np.ndarray
    city: np.ndarray
    suborders: np.ndarray
    lines: np.ndarray
    wished_day: np.ndarray
    amount: np.ndarray

    def __len__(self) -> int:
        return len(self.placed)


@dataclass
class Customers:
    """One entry per customer."""

    city: np.ndarray
    segment: np.ndarray
    since: np.ndarray

    def __len__(self) -> int:
        return len(self.city)


@dataclass
class Lines:
    """One entry per order line; `part` says which of the order's sub-orders (0, 1, …) carries it."""

    order: np.ndarray
    line: np.ndarray
    part: np.ndarray
    sku: np.ndarray
    quantity: np.ndarray
    cents: np.ndarray


def draw_customers(rng: np.random.Generator, first_day: int, days: int, orders_per_day: float) -> Customers:
    count = max(int(orders_per_day * 5), 40)
    weights = np.array([city.weight for city in CITIES])
    new = rng.random(count) < 0.18
    since = np.where(new, first_day + rng.integers(0, max(days, 1), count), first_day)
    since[: max(count // 10, 10)] = first_day
    return Customers(
        city=rng.choice(len(CITIES), count, p=weights / weights.sum()),
        segment=rng.choice(len(SEGMENTS), count, p=[0.05, 0.45, 0.12, 0.23, 0.15]),
        since=np.sort(since),
    )


def draw_orders(
    rng: np.random.Generator, customers: Customers, first_day: int, days: int, orders_per_day: float
) -> Orders:
    volume = volumes(rng, first_day, days, orders_per_day)
    count = int(volume.sum())
    day = np.repeat(np.arange(first_day, first_day + days), volume)
    shares = np.array(HOUR_SHARES) / sum(HOUR_SHARES)
    second = rng.choice(24, count, p=shares) * HOUR + rng.integers(1, HOUR, count)
    placed = day_start(day) + second
    order = np.argsort(placed, kind="stable")
    placed = placed[order]
    first_of_day = np.repeat(np.cumsum(volume) - volume, volume)
    # a customer orders only once it is one; some order far more often than others
    known = np.searchsorted(customers.since, day, side="right")
    customer = np.minimum((known * rng.random(count) ** 1.7).astype(np.int64), known - 1)
    type_weights = np.array([kind.weight for kind in ORDER_TYPES])
    kind = rng.choice(len(ORDER_TYPES), count, p=type_weights / type_weights.sum())
    is_batch = kind == BATCH_TYPE
    split_rest = (SPLIT_SHARE - is_batch.mean()) / max(1 - is_batch.mean(), 1e-9)
    is_split = is_batch | (rng.random(count) < split_rest)
    suborders = np.where(is_split, rng.choice((2, 3, 4), count, p=SUBORDERS_OF_SPLIT), 1)
    city = np.where(
        rng.random(count) < 0.93, customers.city[customer], rng.choice(len(CITIES), count, p=_city_weights())
    )
    wished = _wishes(rng, day, kind, city, is_split)
    return Orders(
        placed=placed,
        day=day,
        number_of_day=np.arange(count) - first_of_day,
        customer=customer,
        type=kind,
        city=city,
        suborders=suborders,
        lines=np.maximum(1 + rng.poisson(1.4, count), suborders),
        wished_day=wished,
        amount=np.zeros(count, np.int64),
    )


def draw_lines(rng: np.random.Generator, orders: Orders) -> Lines:
    """The lines of every order; sets `orders.amount` (cents) to their sum."""
    order = np.repeat(np.arange(len(orders)), orders.lines)
    line = np.arange(len(order)) - np.repeat(np.cumsum(orders.lines) - orders.lines, orders.lines)
    quantity = np.rint(np.exp(rng.normal(2.2, 1.0, len(order)))).astype(np.int64) + 1
    sku = (PRODUCTS * rng.random(len(order)) ** 1.6).astype(np.int64)
    cents = 150 + (sku * 7919) % 9850
    orders.amount = np.bincount(order, weights=quantity * cents, minlength=len(orders)).astype(np.int64)
    return Lines(order, line + 1, line % orders.suborders[order], sku, quantity, cents)


def _city_weights() -> np.ndarray:
    weights = np.array([city.weight for city in CITIES])
    return weights / weights.sum()


def _wishes(
    rng: np.random.Generator, day: np.ndarray, kind: np.ndarray, city: np.ndarray, is_split: np.ndarray
) -> np.ndarray:
    """The day each customer wished for; NONE where none was named."""
    count = len(day)
    distance = np.array([place.distance for place in CITIES])[city]
    lead = np.array(LEAD_DAYS)[distance] + np.array([entry.lead_days for entry in ORDER_TYPES])[kind]
    lead = np.maximum(lead + rng.choice(5, count, p=SLACK_DAYS) - 1, 1) + (
        is_split & (rng.random(count) < 0.7)
    )
    # what is ordered at a weekend starts on Monday, and everybody knows it
    lead += ~is_working(day) & (rng.random(count) < 0.8)
    before_festival = (day >= number("2026-02-10")) & (day <= number("2026-02-22"))
    lead += np.where(before_festival, rng.integers(2, 5, count), 0)
    wished = day + lead
    share = np.array([entry.wish_share for entry in ORDER_TYPES])[kind]
    wished = np.where(rng.random(count) < share, wished, NONE)
    slip = rng.random(count) < WISH_BEFORE_ORDER_SHARE
    return np.where((wished != NONE) & slip, day - rng.integers(1, 4, count), wished)


def batch_wishes(rng: np.random.Generator, wished_day: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Each batch's own wished day: the order's for the first, some days later for those after it."""
    later = part * rng.integers(2, 6, len(part))
    return np.where(wished_day == NONE, NONE, wished_day + later)
