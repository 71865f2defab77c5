"""The strip of stages and places in green, yellow, red and grey: a matrix, or on a phone a list."""

import textwrap

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import formats, stages, theme
from dashboards.ui.i18n import t

ORDER = ("red", "yellow", "green", "grey")
GROUPS = ("office", "place", "carrier", "supplier")
ACT_ON = ("red", "yellow")
ONE_LINE_COLUMNS = 4
SHOWN_LINES = 12


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    """The cells by who holds the order in that stage; a group without a cell is not there."""
    found = {group: [row for row in rows if row["part"] == group] for group in GROUPS}
    return {group: cells for group, cells in found.items() if cells}


def judged(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The cells of stages that say something somewhere, and of those that are too rare to."""
    loud = {row["stage"] for row in rows if row["colour"] != "grey" or row["open_overdue"]}
    return [row for row in rows if row["stage"] in loud], [row for row in rows if row["stage"] not in loud]


def legend(rows: list[Row], limits: dict[str, object]) -> list[str]:
    """What each colour means and how many cells have it, as badges in markdown."""
    counts = {colour: sum(row["colour"] == colour for row in rows) for colour in ORDER}
    return [
        f":{theme.BADGES[colour]}-badge[{theme.SIGNS[colour]} {t(f'legend_{colour}', count=count, **limits)}]"
        for colour, count in counts.items()
    ]


def _deviation(row: Row) -> str:
    return formats.percent(row["deviation"], signed=True) if row["colour"] != "grey" else ""


def _count(row: Row) -> str:
    said = formats.count(row["suborders"])
    return (
        f"{said} · {t('strip_open', open=formats.count(row['open_overdue']))}"
        if row["open_overdue"]
        else said
    )


def _name(row: Row) -> str:
    return row["name"] or row["place"]


def matrix(rows: list[Row]) -> go.Figure:
    """Places down, stages across as an order passes them; colour, sign, deviation, sub-orders, stuck ones."""
    colours = theme.palette()
    columns = list(dict.fromkeys(row["stage"] for row in rows))
    places = list(dict.fromkeys(_name(row) for row in sorted(rows, key=lambda row: row["place"])))
    is_wide = len(columns) <= ONE_LINE_COLUMNS
    chart = theme.figure(96 + (34 if is_wide else 48) * len(places))
    x = [columns.index(row["stage"]) for row in rows]
    y = [places.index(_name(row)) for row in rows]
    chart.update_layout(
        shapes=[
            {
                "type": "rect",
                "x0": column - 0.48,
                "x1": column + 0.48,
                "y0": line - 0.46,
                "y1": line + 0.46,
                "line": {"width": 0},
                "fillcolor": colours.status[row["colour"]],
                "layer": "below",
            }
            for column, line, row in zip(x, y, rows, strict=True)
        ]
    )
    chart.add_scatter(
        x=x,
        y=y,
        mode="text",
        text=[
            f"<b>{theme.SIGNS[row['colour']]} {_deviation(row)}</b>{'   ' if is_wide else '<br>'}"
            f"<span style='font-size:11px'>{_count(row)}</span>"
            for row in rows
        ],
        textfont={"size": 14, "color": [colours.on_status[row["colour"]] for row in rows]},
        hovertext=[said(row) for row in rows],
        hoverinfo="text",
        showlegend=False,
    )
    heads = ["<br>".join(textwrap.wrap(stages.name(stage), 14)) for stage in columns]
    chart.update_xaxes(
        side="top", tickvals=list(range(len(columns))), ticktext=heads, range=[-0.5, len(columns) - 0.5],
        showgrid=False, tickangle=0,
    )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(places))), ticktext=places, range=[len(places) - 0.5, -0.5], showgrid=False
    )
    return chart


def said(row: Row) -> str:
    """A cell in words."""
    return t(
        "strip_hover",
        stage=stages.name(row["stage"]),
        name=_name(row),
        deviation=f"{theme.SIGNS[row['colour']]} {_deviation(row)}",
        colour=t(f"colour_{row['colour']}"),
        suborders=formats.count(row["suborders"]),
        open=formats.count(row["open_overdue"]),
    )


def badges(rows: list[Row]) -> None:
    """The same cells as lines of a list, the ones to act on first; the quiet ones are counted."""
    listed = sorted(
        (row for row in rows if row["colour"] in ACT_ON or (row["colour"] == "grey" and row["open_overdue"])),
        key=lambda row: (ORDER.index(row["colour"]), -(row["deviation"] or 0), -row["open_overdue"]),
    )
    for row in listed[:SHOWN_LINES]:
        st.markdown(_line(row))
    if len(listed) > SHOWN_LINES:
        with st.expander(t("strip_more", count=len(listed) - SHOWN_LINES)):
            for row in listed[SHOWN_LINES:]:
                st.markdown(_line(row))
    for colour in ("grey", "green"):
        quiet = [row for row in rows if row["colour"] == colour and row not in listed]
        if quiet:
            said = f"{theme.SIGNS[colour]} {t(f'strip_{colour}_rest', count=len(quiet))}"
            stuck = sum(row["open_overdue"] for row in quiet)
            beside = f" · {t('strip_open', open=formats.count(stuck))}" if stuck else ""
            st.markdown(f":{theme.BADGES[colour]}-badge[{said}]{beside}")


def _line(row: Row) -> str:
    said = f"{theme.SIGNS[row['colour']]} {_deviation(row) or t('colour_grey')}"
    badge = f":{theme.BADGES[row['colour']]}-badge[{said}]"
    return f"{badge} **{stages.name(row['stage'])}** · {_name(row)} · {_count(row)}"
