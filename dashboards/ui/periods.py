"""The period a page shows, and how the address bar writes it: `2026-02`, `2026-02-28`, `all`, and any days as
`2026-01-05..2026-02-04`.

Pure: days in, days out. Not here: the widget that chooses it (filters.py).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.ui import formats
from dashboards.ui.i18n import t


@dataclass(frozen=True)
class Period:
    """Local days, both included. `kind`: day, month, all or days; `code`: the address bar's word for it."""

    kind: str
    first: date
    last: date
    code: str
    is_so_far: bool = False


def month_of(start: date, last_day: date) -> Period:
    """The month that starts on `start`, up to the last day there is data of."""
    end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
    return Period("month", start, min(end, last_day), f"{start:%Y-%m}", is_so_far=last_day < end)


def parse(code: str, first_day: date, last_day: date) -> Period | None:
    """The period a code means, within the days there are; None when it means none of them."""
    if code == "all":
        return Period("all", first_day, last_day, code)
    try:
        if re.fullmatch(r"\d{4}-\d{2}", code):
            period = month_of(date.fromisoformat(f"{code}-01"), last_day)
        elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", code):
            period = Period("day", date.fromisoformat(code), date.fromisoformat(code), code)
        elif ".." in code:
            first, last = (date.fromisoformat(part) for part in code.split("..", 1))
            period = between(first, last)
        else:
            return None
    except ValueError:
        return None
    inside = period.first <= last_day and period.last >= first_day and period.first <= period.last
    return period if inside else None


def between(first: date, last: date) -> Period:
    """Any days; a single one is a day."""
    if first == last:
        return Period("day", first, last, first.isoformat())
    return Period("days", first, last, f"{first.isoformat()}..{last.isoformat()}")


def before(period: Period) -> Period:
    """What a period is held against: the month before a month, else as many days just before."""
    eve = period.first - timedelta(days=1)
    if period.kind == "month":
        return month_of(eve.replace(day=1), eve)
    return between(eve - (period.last - period.first), eve)


def phrase(period: Period) -> str:
    """The period as a sentence begins: `In February 2026`."""
    if period.kind == "month":
        return t("in_month_so_far" if period.is_so_far else "in_month", month=formats.month(period.first))
    if period.kind == "day":
        return t("on_day", day=formats.day(period.first))
    return t("between_days", first=formats.day(period.first), last=formats.day(period.last))
