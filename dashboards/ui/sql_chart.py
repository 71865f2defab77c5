"""The SQL page's chart: which columns are drawn, kept in the address, and the bars or lines of them.

Axis and colour together name one row each, or nothing is drawn: points that nobody can tell apart say nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Answer, Row
from dashboards.ui import address, theme
from dashboards.ui.definitions import PLAIN
from dashboards.ui.i18n import has_text, t

BARS = 30
LABEL = 22
NONE = ""  # no column for the colours
NUMBERS = ("INT", "UINT", "BIGINT", "UBIGINT", "HUGEINT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "DECIMAL")
# beside its colour a line has its own dashes and marks
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


@dataclass(frozen=True)
class Drawn:
    """Which columns: along the axis, measured, and one whose values have a colour each (or none)."""

    x: str
    y: str
    series: str = NONE


def numbers(found: Answer) -> list[str]:
    """The columns that can be measured."""
    return [name for name, kind in found.types.items() if kind.split("(")[0] in (*NUMBERS, "INTEGER")]


def columns(found: Answer) -> Drawn:
    """Lists to choose the columns from."""
    measures = numbers(found)
    words = [name for name in found.types if name not in measures]
    x = _column("x", t("sql_along"), list(found.types), (words or list(found.types))[0])
    y = _column("y", t("sql_measured"), measures, measures[-1])
    others = [name for name in found.types if name not in (x, y)]
    proposed = _proposed(found.rows, x, [name for name in others if name in words])
    return Drawn(x, y, _column("series", t("sql_series"), [NONE, *others], proposed, _named))


def _proposed(rows: Sequence[Row], x: str, words: list[str]) -> str:
    """None where the axis names each row; else the first text that does so beside it, or the first at all."""
    if not repeats(rows, x):
        return NONE
    return next((name for name in words if not repeats(rows, x, name)), words[0] if words else NONE)


def _named(column: str) -> str:
    return column or t("sql_series_none")


def _column(name: str, label: str, choices: list[str], default: str, said: Callable[[str], str] = str) -> str:
    """A list to choose a column from, kept in the address."""
    asked = st.query_params.get(name, default)
    chosen, key = asked if asked in choices else default, f"sql_{name}"
    changed = address.kept(name, chosen, key)
    st.selectbox(label, choices, format_func=said, key=key, on_change=changed, width=200)
    return chosen


def repeats(rows: Sequence[Row], *names: str) -> bool:
    """Whether these columns (those that are named) are the same in two rows."""
    named = [name for name in names if name != NONE]
    return len({tuple(row[name] for name in named) for row in rows}) < len(rows)


def show(found: Answer, kind: str, drawn: Drawn) -> None:
    """The chart, with what it leaves out; or why there is none."""
    if repeats(found.rows, drawn.x, drawn.series):
        both = "sql_repeats_both" if drawn.series else "sql_repeats"
        said = t(both, x=drawn.x.translate(PLAIN), series=drawn.series.translate(PLAIN))
        st.info(said, icon=":material/palette:")
        return
    rows = _of_the_first_values(found.rows, drawn)
    if kind == "bar" and len(rows) > BARS:
        st.caption(t("sql_first_bars", bars=BARS))
        rows = rows[:BARS]
    alt = t("sql_chart_alt", x=drawn.x, y=drawn.y)
    if drawn.series:
        alt = t(
            "sql_chart_alt_series", alt=alt, series=drawn.series, names=t("joined").join(values(rows, drawn))
        )
    theme.show(bars(rows, drawn) if kind == "bar" else lines(rows, drawn), "chart_sql", alt)


def _of_the_first_values(rows: list[Row], drawn: Drawn) -> list[Row]:
    """Rows of as many values as there are colours, in the answer's order; the others are named."""
    names, most = values(rows, drawn), len(theme.palette().series)
    if not drawn.series or len(names) <= most:
        return rows
    rest = names[most:]
    said = (t("joined").join(rest[:BARS]) + (" …" if len(rest) > BARS else "")).translate(PLAIN)
    series = drawn.series.translate(PLAIN)
    st.caption(t("sql_first_values", series=series, most=most, all=len(names), rest=said))
    return [row for row in rows if called(row[drawn.series]) in names[:most]]


def values(rows: Sequence[Row], drawn: Drawn) -> list[str]:
    """What the coloured column holds, in the answer's order; one without a name where there is no such column."""
    return list(dict.fromkeys(called(row[drawn.series]) for row in rows)) if drawn.series else [NONE]


def called(value: object) -> str:
    """A value as text, also where there is none."""
    return "–" if value is None else str(value)


def bars(rows: list[Row], drawn: Drawn) -> go.Figure:
    """One bar a row, in the answer's order, called by the axis and by what its colour stands for."""
    chart = theme.figure(max(180, 90 + 26 * len(rows)) + (40 if drawn.series else 0))
    names = [_called(row, drawn) for row in rows]
    for value, colour in zip(values(rows, drawn), theme.palette().series, strict=False):
        own = [
            turn for turn, row in enumerate(rows) if not drawn.series or called(row[drawn.series]) == value
        ]
        chart.add_bar(
            name=value,
            y=own,
            x=[_number(rows[turn][drawn.y]) for turn in own],
            orientation="h",
            width=0.8,
            marker={"color": colour},
            customdata=[names[turn] for turn in own],
            hovertemplate="%{customdata}<br>%{x:,}<extra></extra>",
        )
    chart.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[_shortened(row, drawn) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        title={"text": _both(drawn)},
    )
    chart.update_xaxes(title={"text": titled(drawn.y)}, nticks=6, rangemode="tozero")
    return chart.update_layout(barmode="overlay", showlegend=bool(drawn.series))


def _both(drawn: Drawn) -> str:
    return f"{drawn.x} · {drawn.series}" if drawn.series else drawn.x


def _parts(row: Row, drawn: Drawn) -> list[str]:
    return [called(row[name]) for name in (drawn.x, drawn.series) if name]


def _called(row: Row, drawn: Drawn) -> str:
    return " · ".join(_parts(row, drawn))


def _shortened(row: Row, drawn: Drawn) -> str:
    """Whole if it is short; else each part has its share of the room."""
    whole, parts = _called(row, drawn), _parts(row, drawn)
    if len(whole) <= LABEL:
        return whole
    room = LABEL // len(parts)
    return " · ".join(part if len(part) <= room else part[: room - 1] + "…" for part in parts)


def lines(rows: list[Row], drawn: Drawn) -> go.Figure:
    """A line through the rows, or one for each value of the coloured column, in the answer's order."""
    chart = theme.figure(380 if drawn.series else 340)
    looks = zip(values(rows, drawn), theme.palette().series, DASHES, MARKS, strict=False)
    for value, colour, dash, mark in looks:
        own = [row for row in rows if not drawn.series or called(row[drawn.series]) == value]
        chart.add_scatter(
            name=value,
            x=[row[drawn.x] for row in own],
            y=[_number(row[drawn.y]) for row in own],
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": mark, "size": 8},
            hovertemplate=f"%{{x}}<br>{'%{fullData.name}<br>' if drawn.series else ''}%{{y:,}}<extra></extra>",
        )
    chart.update_xaxes(title={"text": titled(drawn.x)}, nticks=5, tickangle=0)
    if all(isinstance(row[drawn.x], str) for row in rows):  # words stand in the answer's order, for all lines
        chart.update_xaxes(
            categoryorder="array", categoryarray=list(dict.fromkeys(row[drawn.x] for row in rows))
        )
    chart.update_yaxes(title={"text": titled(drawn.y)})
    return chart.update_layout(showlegend=bool(drawn.series))


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def titled(column: str) -> str:
    """A column's name with the unit that its last word tells: `late_percent (%)`."""
    key = f"sql_unit_{column.rsplit('_', 1)[-1]}"
    return f"{column} ({t(key)})" if has_text(key) else column
