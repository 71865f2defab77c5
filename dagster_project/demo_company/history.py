"""What truly happened: the company's history, drawn. How the sources record it is in recording."""

from dataclasses import dataclass

import numpy as np

from . import customers as behaviour
from .calibration import transfer_minutes
from .company import KIND, NONE
from .days import Schedules, day_start, volumes
from .dirt import WRITTEN, fates
from .journey import Times, office_times, until_delivery, until_pickup
from .network import Suborders, draw_replacements, draw_suborders
from .orders import Customers, Lines, Orders, draw_customers, draw_lines, draw_orders
from .outcomes import (
    EARLY,
    LATE,
    Cancellations,
    Extras,
    cancel,
    end_journeys,
    plan_cancellations,
    replacements,
)


@dataclass(frozen=True)
class Size:
    """What is generated: local days `first_day` … `last_day` (numbers), mean orders a day, the seed."""

    first_day: int
    last_day: int
    orders_per_day: float
    seed: int

    @property
    def days(self) -> int:
        return self.last_day - self.first_day + 1

    @property
    def end(self) -> int:
        """The instant at which the last day ends, epoch seconds."""
        return int(day_start(self.last_day + 1))


@dataclass
class Drawn:
    """Everything drawn, before it is recorded."""

    customers: Customers
    orders: Orders
    lines: Lines
    suborders: Suborders
    times: Times
    office: Times
    method: np.ndarray
    ending: np.ndarray
    plan: Cancellations
    is_void: np.ndarray
    extras: Extras


def draw(size: Size) -> Drawn:
    """The company's true history."""

    def stream(number: int) -> np.random.Generator:
        return np.random.default_rng([size.seed, number])

    schedules = Schedules(size.first_day - 1, size.days + 200)
    customers = draw_customers(stream(1), size.first_day, size.days, size.orders_per_day)
    orders = draw_orders(stream(2), customers, size.first_day, size.days, size.orders_per_day)
    lines = draw_lines(stream(3), orders)
    office, released = office_times(stream(4), orders, schedules)
    suborders = draw_suborders(stream(5), orders, released)
    plan = plan_cancellations(stream(6), orders, suborders)
    planned = plan.planned(suborders.order)

    intact = np.ones(len(suborders), bool)
    for name in ("transfer_requested", "transfer_received"):
        intact &= fates(size.seed, KIND[name], len(suborders)) == WRITTEN
    intact &= ~np.isin(planned, (EARLY, LATE))
    busy = volumes(stream(2), size.first_day, size.days, size.orders_per_day) / size.orders_per_day
    load = np.clip(np.convolve(np.pad(busy, 1, "edge"), np.ones(3) / 3, "valid") ** 0.5, 0.85, 2.5)
    times = until_pickup(
        stream(7), suborders, orders.type[suborders.order], schedules, load, size.first_day,
        lambda sender, requested, minutes: transfer_minutes(
            sender, suborders.place, requested, minutes, intact & (suborders.route == 1), size.end
        ),
    )  # fmt: skip
    times |= until_delivery(stream(8), suborders, schedules, times[KIND["picked_up"]])
    ending, method, extras = end_journeys(
        stream(9), suborders, times, schedules, planned, is_replacement=False
    )
    tickets = behaviour.dispute(stream(10), suborders, times, ending, extras)
    replaced, created = replacements(stream(11), suborders, times, ending, planned, tickets)

    fresh = draw_replacements(stream(12), suborders, replaced, created)
    fresh_times = until_pickup(
        stream(13),
        fresh,
        orders.type[fresh.order],
        schedules,
        load,
        size.first_day,
        lambda _, __, minutes: minutes,
    )
    fresh_times |= until_delivery(stream(14), fresh, schedules, fresh_times[KIND["picked_up"]])
    fresh_ending, fresh_method, more = end_journeys(
        stream(15), fresh, fresh_times, schedules, np.zeros(len(fresh), np.int64), is_replacement=True
    )
    extras.parts += [
        (kind, at + len(suborders), order, when, how) for kind, at, order, when, how in more.parts
    ]
    suborders = suborders.joined(fresh)
    times = {kind: np.concatenate([times[kind], fresh_times[kind]]) for kind in times}
    ending, method = np.concatenate([ending, fresh_ending]), np.concatenate([method, fresh_method])
    plan.of_part = np.concatenate([plan.of_part, np.zeros(len(fresh), np.int64)])

    is_void = cancel(stream(16), orders, suborders, times, office, plan, released)
    touched = np.zeros(len(orders), bool)
    touched[suborders.order[plan.planned(suborders.order) > 0]] = True
    touched[suborders.order[suborders.replaces != NONE]] = True
    behaviour.click(stream(17), suborders, times, ending, ~touched[suborders.order], extras)
    behaviour.ask(stream(18), orders, suborders, times, plan, extras, size.first_day, size.days)
    return Drawn(customers, orders, lines, suborders, times, office, method, ending, plan, is_void, extras)
