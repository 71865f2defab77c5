"""Local days, holidays, working time and how many orders come on which day."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

HOUR, DAY = 3600, 86_400
ZONE = 8 * HOUR  # the company's clock: UTC+8 all year
EPOCH = date(1970, 1, 1)

OFF = (
    ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"),
)  # fmt: skip
MAKE_UP = ("2025-09-28", "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09")
PEAKS = (("2025-11-11", 5832 / 890), ("2026-02-05", 7241 / 890))
JAM_FROM_HOUR, JAM_HOURS = 37, 54  # the chain stands still that long after the first peak began
GROWTH_A_YEAR = 0.47


def number(day: date | str) -> int:
    """A local day as its number since 1970-01-01."""
    return ((date.fromisoformat(day) if isinstance(day, str) else day) - EPOCH).days


def day_start(day: np.ndarray | int) -> np.ndarray | int:
    """The first second of local days, in epoch seconds."""
    return day * DAY - ZONE


def local_day(seconds: np.ndarray) -> np.ndarray:
    """The local day of epoch seconds; midnight belongs to the day it ends."""
    return (seconds - 1 + ZONE) // DAY


def holiday_days() -> set[int]:
    return {day for first, last in OFF for day in range(number(first), number(last) + 1)}


def is_working(days: np.ndarray) -> np.ndarray:
    """Whether offices work on days: Monday to Friday and make-up days, without holidays."""
    weekday = (days + 3) % 7
    made_up = np.isin(days, [number(day) for day in MAKE_UP])
    return made_up | ((weekday < 5) & ~np.isin(days, list(holiday_days())))


def volumes(rng: np.random.Generator, first_day: int, days: int, orders_per_day: float) -> np.ndarray:
    """Orders a day, int64 of length `days`: weekdays, growth, holidays, noise, the two peaks."""
    numbers = np.arange(first_day, first_day + days)
    weekday = (numbers + 3) % 7
    shape = np.select([weekday < 5, weekday == 5], [1.16, 0.78], 0.50)
    shape = np.where(np.isin(numbers, [number(day) for day in MAKE_UP]), 0.95, shape)
    shape = np.where(np.isin(numbers, list(holiday_days())), 0.30, shape)
    festival = (numbers >= number("2026-02-15")) & (numbers <= number("2026-02-21"))
    shape = np.where(festival, 0.06, shape)
    shape = shape * (1 + GROWTH_A_YEAR) ** ((numbers - numbers.mean()) / 365)
    shape = shape * np.clip(rng.normal(1, 0.10, days), 0.6, 1.4)
    volume = shape / shape.mean() * orders_per_day
    for day, factor in PEAKS:
        at = number(day) - first_day
        for offset, share in ((-1, 1.3), (1, 1.5), (2, 1.15)):
            if 0 <= at + offset < days:
                volume[at + offset] *= share
        if 0 <= at < days:
            volume[at] = factor * orders_per_day
    return np.maximum(np.rint(volume), 1).astype(np.int64)


@dataclass(frozen=True)
class Schedule:
    """Working time of somebody: `done[i]` working seconds passed by `at[i]` (epoch seconds), both rising."""

    at: np.ndarray
    done: np.ndarray

    def add(self, start: np.ndarray, work: np.ndarray) -> np.ndarray:
        """When `work` working seconds begun at `start` are done; int64 epoch seconds."""
        passed = np.interp(start, self.at, self.done) + np.maximum(work, 1)
        return np.rint(np.interp(passed, self.done, self.at)).astype(np.int64)


class Schedules:
    """Who works when over a span of local days: office, warehouse, pick-up, line haul, delivery."""

    def __init__(self, first_day: int, days: int) -> None:
        hours = np.arange((days + 1) * 24)
        day, hour = first_day + hours // 24, hours % 24
        working = is_working(day)
        holiday = np.isin(day, list(holiday_days()))
        festival = (day >= number("2026-02-15")) & (day <= number("2026-02-22"))
        office = np.where(working & (hour >= 8) & (hour < 18), 1.0, 0.0)
        office = np.where(~working & ~holiday & (hour >= 9) & (hour < 16), 0.8, office)
        office = np.where(holiday & ~festival & (hour >= 9) & (hour < 16), 0.5, office)
        office = np.where(festival & (hour >= 9) & (hour < 16), 0.5, office)
        stock = np.where((hour >= 7) & (hour < 22), 1.0, 0.0)
        stock = np.where(holiday, stock * 0.8, stock)
        jam = day_start(number(PEAKS[0][0])) + JAM_FROM_HOUR * HOUR
        second = day_start(first_day) + hours * HOUR
        stock = np.where((second >= jam) & (second < jam + JAM_HOURS * HOUR), stock * 0.03, stock)
        pickup = np.where((hour >= 9) & (hour < 22), 1.0, 0.0) * np.where(festival, 0.85, 1.0)
        haul = np.where(festival, 0.85, 1.0)
        rounds = np.where((hour >= 7) & (hour < 21), 1.0, 0.0) * np.where(festival, 0.85, 1.0)
        self.office, self.stock, self.pickup, self.haul, self.rounds = (
            self._schedule(second, speed) for speed in (office, stock, pickup, haul, rounds)
        )

    @staticmethod
    def _schedule(second: np.ndarray, speed: np.ndarray) -> Schedule:
        # a trace of speed keeps the curve rising, so that it can be read backwards
        done = np.concatenate([[0.0], np.cumsum(np.maximum(speed, 1e-6) * HOUR)])
        return Schedule(np.append(second, second[-1] + HOUR).astype(float), done)


def dates_between(first_day: int, last_day: int) -> list[str]:
    """ISO dates from one day number to another, both included."""
    return [(EPOCH + timedelta(days=day)).isoformat() for day in range(first_day, last_day + 1)]
