"""Instants and local days. Instants are aware datetimes in UTC; durations are integer microseconds."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
MINUTE = 60_000_000


def start_of_day(day: date, zone: str) -> datetime:
    """The instant at which a local day starts."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """A day ends when the next one starts."""
    return start_of_day(day + timedelta(days=1), zone)


def local_day(instant: datetime, zone: str) -> date:
    """The instant that ends a day belongs to the day it ends."""
    return (instant - MICROSECOND).astimezone(ZoneInfo(zone)).date()


def microseconds(later: datetime, earlier: datetime) -> int:
    """later - earlier, negative if it is not later."""
    return (later - earlier) // MICROSECOND


def minutes(duration: int) -> float:
    return duration / MINUTE


def days(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
