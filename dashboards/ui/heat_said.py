"""The weeks of the heat map, which cells are the newest that can be judged, and what they say in words."""

from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.published import Row
from dashboards.ui import formats, periods, stages, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

WEEKS, WEEKS_ON_A_PHONE = 8, 3
# before the number that is stuck in a cell whose colour does not show it
JAM = "■"


@dataclass(frozen=True)
class Week:
    """A week of local days from its Monday; `last` is its Sunday or, where it is not over, the last day chosen."""

    monday: date
    last: date

    @property
    def is_over(self) -> bool:
        return self.last == self.monday + timedelta(days=6)


def weeks(view: View) -> list[Week]:
    """The last weeks up to the end of the period, as far back as there is data."""
    last = min(view.chosen.period.last, view.run["last_day"])
    monday = last - timedelta(days=last.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    found = [Week(start, min(start + timedelta(days=6), last)) for start in mondays]
    return [week for week in found if week.last >= view.run["first_day"]] or found[-1:]


def now(rows: list[Row], weeks: list[Week]) -> list[Row]:
    """Each stage at each place in the newest week that can be judged, the most time lost first.

    A week that is not over may have too few sub-orders yet: then the one before it stands.
    """
    judged = {week.monday for week in (weeks[-1:] if weeks[-1].is_over else weeks[-2:])}
    newest: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row["week"] in judged and row["colour"] != "grey":
            newest[row["stage"], row["place"]] = row
    return sorted(newest.values(), key=lambda row: -row["hours_over"])


def sentence(rows: list[Row], now: list[Row], weeks: list[Week], run: Row) -> str:
    """What to act on: the stage that loses the most time and since when; what is stuck where no colour shows it."""
    jams = [row for row in rows if row["week"] == weeks[-1].monday and is_jammed(row)]
    if not jams:
        return _slow(now, weeks, run)
    most = max(jams, key=lambda row: row["open_overdue"])
    words = {"where": where(most), "open": formats.count(most["open_overdue"]), "count": len(jams)}
    said = t("heat_jams_one" if len(jams) == 1 else "heat_jams", **words)
    return t("gap_between").join([_slow(now, weeks, run), said])


def _slow(now: list[Row], weeks: list[Week], run: Row) -> str:
    red = [row for row in now if row["colour"] == "red"]
    slow = sum(row["colour"] == "yellow" for row in now)
    if not red:
        key = "heat_slow" if slow else "heat_calm" if now else "heat_grey"
        return t(
            key, count=slow, red=run["red_above"], yellow=run["yellow_from"], minimum=run["minimum_sample"]
        )
    worst = red[0]
    first = worst["week"] - timedelta(weeks=worst["red_weeks"] - 1)
    # how much longer than the picture goes back is not known
    key = "one" if worst["red_weeks"] == 1 else "longer" if first == weeks[0].monday else "weeks"
    said = t(
        f"heat_red_{key}",
        where=where(worst),
        red=run["red_above"],
        count=worst["red_weeks"],
        since=since(worst),
        week=week_of(worst),
        deviation=formats.percent(worst["deviation"], signed=True),
        suborders=formats.count(worst["suborders"]),
        open=formats.count(worst["open_overdue"]),
    )
    more = len(red) - 1
    return said + (t("heat_more_one" if more == 1 else "heat_more", count=more) if more else "")


def where(row: Row) -> str:
    """A stage at a place, or with a carrier or supplier, as a sentence says it."""
    key = "heat_with" if row["part"] in ("carrier", "supplier") else "heat_at"
    return t(key, stage=stages.name(row["stage"]), name=name(row))


def name(row: Row) -> str:
    """Who holds the order in that stage."""
    return row["name"] or row["place"]


def week_of(row: Row) -> str:
    """The week of a cell, as a sentence says it."""
    key = "heat_week" if Week(row["week"], row["last_day"]).is_over else "heat_week_part"
    return t(key, day=formats.short_day(row["week"]), last=formats.short_day(row["last_day"]))


def at(row: Row) -> dict[str, str]:
    """What the list behind a cell is narrowed to."""
    return {
        "stage": row["stage"],
        "at": row["place"],
        "period": periods.between(row["week"], row["last_day"]).code,
    }


def hover(row: Row) -> str:
    """A cell in words."""
    said = [_hover(row)] + ([f"{JAM} {t('heat_jammed')}"] if is_jammed(row) else [])
    said += [t("heat_red_since", since=since(row))] if row["red_weeks"] else []
    return "<br>".join(said)


def _hover(row: Row) -> str:
    return t(
        "heat_hover",
        stage=stages.name(row["stage"]),
        name=name(row),
        first=formats.short_day(row["week"]),
        last=formats.short_day(row["last_day"]),
        deviation=mark(row),
        colour=t(f"colour_{row['colour']}"),
        suborders=formats.count(row["suborders"]),
        open=formats.count(row["open_overdue"]),
    )


def is_jammed(row: Row) -> bool:
    """Much is stuck in it, though what got through does not look slow, or is too little to judge."""
    return row["is_jammed"]


def since(row: Row) -> str:
    """Since when it has been red: `the week of 5 Jan (3 weeks)`; nothing where it is not red."""
    if not row["red_weeks"]:
        return ""
    first = formats.short_day(row["week"] - timedelta(weeks=row["red_weeks"] - 1))
    return t("heat_since_one" if row["red_weeks"] == 1 else "heat_since", day=first, count=row["red_weeks"])


def mark(row: Row) -> str:
    """The sign of its colour with the deviation; of too few, with their number."""
    is_grey = row["colour"] == "grey"
    said = formats.count(row["suborders"]) if is_grey else formats.percent(row["deviation"], signed=True)
    return f"{theme.SIGNS[row['colour']]} {said}"
