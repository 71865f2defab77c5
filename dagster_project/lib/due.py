"""Which night is due, in pure functions of the clock and the published file."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from dagster_project.settings import Settings

ZONE = "Asia/Shanghai"
TIMEZONE = ZoneInfo(ZONE)
HOUR = 3
CRON = f"0 {HOUR} * * *"


def clock() -> datetime:
    """The instant it is: the one place of the schedule that reads the clock."""
    return datetime.now(UTC)


def last_night(now: datetime) -> datetime:
    """The latest 03:00 of the schedule's zone at or before `now`."""
    local = now.astimezone(TIMEZONE)
    night = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)


def is_published(settings: Settings, instant: datetime) -> bool:
    """Was a run published that began at or after `instant`? (By its start: a finished history's as_of never
    grows.)
    """
    if not settings.published_file.exists():
        return False
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        row = connection.execute(
            "select max(started_at) >= ? from meta.runs where status = 'published'", [instant]
        ).fetchone()
    return bool(row and row[0])


def is_overtaken(settings: Settings, instant: datetime) -> bool:
    """Is a night later than the one of `instant` published already?"""
    latest = last_night(clock())
    return instant < latest and is_published(settings, latest)
