"""Holidays on a chart of days: a shaded span each, its name above it where there is room, and all of them in words."""

from datetime import datetime, time, timedelta

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import formats, theme
from dashboards.ui.i18n import t

# of a longer chart a span is too narrow for its name; the words below have it
LONGEST_NAMED = 45


def mark(drawn: go.Figure, holidays: list[Row], days: int) -> None:
    """Shade the holidays, from half a day before the first to half a day after the last."""
    colours = theme.palette()
    half = timedelta(hours=12)
    for row in holidays:
        first, last = (datetime.combine(row[end], time()) for end in ("first_day", "last_day"))
        named = {}
        if days <= LONGEST_NAMED and row["name"]:
            named = {
                "annotation_text": row["name"],
                "annotation_position": "bottom left",
                "annotation_font": {"size": 12, "color": colours.muted},
            }
        drawn.add_vrect(
            x0=first - half,
            x1=last + half,
            fillcolor=colours.muted,
            opacity=0.14,
            line_width=0,
            layer="below",
            **named,
        )


def said(holidays: list[Row]) -> str:
    """`Shaded: New Year (1 Jan to 3 Jan)`."""
    return t("days_off", names=names(holidays))


def names(holidays: list[Row]) -> str:
    """`New Year (1 Jan to 3 Jan)`, one after the other."""
    return t("list_joint").join(_named(row) for row in holidays)


def _named(row: Row) -> str:
    first, last = formats.day(row["first_day"]), formats.short_day(row["last_day"])
    when = first if row["first_day"] == row["last_day"] else t("xmr_span", first=first, last=last)
    return t("day_off", name=row["name"], when=when) if row["name"] else when
