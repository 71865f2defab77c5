"""Numbers, dates and durations as the page's language writes them. Rates come in as fractions."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from dashboards.ui.i18n import language, t

MONTHS = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
FRACTIONS = {"quarter": 1 / 4, "third": 1 / 3, "half": 1 / 2, "two_thirds": 2 / 3, "three_quarters": 3 / 4}
CLOSE = 0.015
MINUS = "\u2212"
HARD_SPACE = "\u00a0"


def count(number: int) -> str:
    return f"{number:,}".replace("-", MINUS)


def percent(rate: float | None, digits: int = 1, signed: bool = False) -> str:
    """A fraction as a percentage: `84.8 %`, in Chinese `84.8%`; a dash where there is no rate."""
    if rate is None:
        return t("no_rate")
    shown = or_zero(100 * rate, digits)
    sign = "+" if signed and shown else ""
    space = "" if language() == "zh" else HARD_SPACE
    return f"{shown:{sign}.{digits}f}{space}%".replace("-", MINUS)


def share(part: float) -> str:
    """A share of a whole in whole per cent; a small one with a decimal, so that it is not nothing."""
    return percent(part, 0 if part >= 0.01 else 1)


def fraction(part: float) -> str | None:
    """A share as it is said, `two thirds`, where it is close to one; else nothing."""
    near = next((key for key, value in FRACTIONS.items() if abs(part - value) <= CLOSE), None)
    return t(f"fraction_{near}") if near else None


def points(number: float) -> str:
    """A difference in percentage points with its sign; without one where it rounds to nothing."""
    if round(number, 1) == 0:
        return "0.0"
    return f"{number:+.1f}".replace("-", MINUS)


def adds_up(whole: float, parts: Sequence[float], digits: int) -> bool:
    """Whether the parts sum to the whole as they are shown, each rounded; else the page says that they are rounded."""
    shown = sum(round(part, digits) for part in parts)
    return round(shown - round(whole, digits), digits) == 0


def or_zero(number: float, digits: int = 1) -> float:
    """A number for a table's column of so many digits: what would be shown as `-0.0` is zero."""
    return number if round(number, digits) else 0.0


def duration(minutes: float) -> str:
    """Minutes as minutes below two hours, as whole hours above."""
    if minutes < 120:
        return t("minutes", n=f"{minutes:,.0f}")
    return t("hours", n=f"{minutes / 60:,.0f}")


def span(minutes: float) -> str:
    """How long something took, in the two units that matter: days and hours, hours and minutes, minutes."""
    whole = round(minutes)
    if whole < 60:
        return t("minutes", n=f"{whole:,}")
    if whole < 2 * 24 * 60:
        return t("span_hours", h=whole // 60, m=whole % 60)
    hours = round(whole / 60)
    return t("span_days", d=f"{hours // 24:,}", h=hours % 24)


def ago(seconds: float) -> str:
    """How old something is: seconds up to two minutes, begun ones counted, so that what is over a limit reads so."""
    whole = math.ceil(seconds)
    return t("seconds", n=max(whole, 0)) if whole < 120 else span(seconds / 60)


def clock(when: datetime, is_today: bool) -> str:
    """The time of day; of another day that too."""
    return f"{when:%H:%M}" if is_today else moment(when)


def age(group: Mapping[str, int | None]) -> str:
    """A group of days overdue, `from_days` to `to_days`: `3 – 7`, `over 14`."""
    if group["to_days"] is None:
        return t("age_over", from_days=group["from_days"])
    if group["from_days"] == 0:
        return t("age_up_to", to=group["to_days"])
    return t("age_between", from_days=group["from_days"], to=group["to_days"])


def day(when: date) -> str:
    if language() == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {MONTHS[when.month - 1][:3]} {when.year}"


def short_day(when: date) -> str:
    """A day where the year goes without saying."""
    return f"{when.month}月{when.day}日" if language() == "zh" else f"{when.day} {MONTHS[when.month - 1][:3]}"


def month(when: date) -> str:
    if language() == "zh":
        return f"{when.year}年{when.month}月"
    return f"{MONTHS[when.month - 1]} {when.year}"


def moment(when: datetime) -> str:
    return f"{day(when)} {when:%H:%M}"


def hour(number: int) -> str:
    """A full hour of the clock."""
    return f"{number:02d}:00"


def axis_dates(grain: str) -> str:
    """Plotly's format of the ticks of a time axis by `day`, `narrow day` or `month`."""
    if language() == "zh":
        return "%y年%-m月" if grain == "month" else "%-m/%-d"
    # of narrow days the month stands in a second line, once
    return {"month": "%b %Y", "narrow day": "%-d\n%b"}.get(grain, "%-d %b")
