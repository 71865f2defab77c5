"""The pictures of a change: a waterfall of mix and rates, bars of stages, and the figures behind them."""

import math

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import change_said, charts, formats, opens, tables, theme
from dashboards.ui.change_asked import Asked
from dashboards.ui.i18n import t

SHOWN = 7


def split(asked: Asked, whole: Row, members: list[Row]) -> go.Figure:
    """From the rate before, by mix and by the rate effect of each member, to the rate now; the small ones as one."""
    rest = members[SHOWN:]
    lines: list[tuple[str, float, str | None]] = [(t("change_mix_line"), whole["mix"], None)]
    lines += [(str(row["name"]), row["effect"], row["code"]) for row in members[:SHOWN]]
    if rest:
        lines.append((t("change_rest", count=len(rest)), sum(row["effect"] for row in rest), None))
    levels = [whole["rate0"]]
    for _, points, _ in lines:
        levels.append(levels[-1] + points)
    return _waterfall(asked, whole, lines, [100 * level for level in levels])


def _waterfall(
    asked: Asked, whole: Row, lines: list[tuple[str, float, str | None]], levels: list[float]
) -> go.Figure:
    colours = theme.palette()
    pad = max(0.5, 0.12 * (max(levels) - min(levels)))
    start = max(0.0, math.floor(2 * (min(levels) - pad)) / 2)
    end = min(100.5, math.ceil(2 * (max(levels) + pad)) / 2)
    totals = [
        f"<b>{period}<br>{formats.percent(whole[rate], change_said.digits_of(whole))}</b>"
        for period, rate in zip(change_said.heads(asked), ("rate0", "rate1"), strict=True)
    ]
    labels = [
        f"{name}<br>{t('change_points', points=change_said.signed(100 * points))}"
        for name, points, _ in lines
    ]
    # each line its own number, so that two of the same name stay two
    places = list(range(len(lines) + 2))
    steps = [colours.moved(points, asked.rate["direction"]) for _, points, _ in lines]
    codes = [asked.opens(asked.now, code) if code else None for _, _, code in lines]
    chart = theme.figure(70 + 46 * len(places))
    chart.add_bar(
        orientation="h",
        y=places,
        base=[start, *levels[:-1], start],
        x=[levels[0] - start, *(100 * points for _, points, _ in lines), levels[-1] - start],
        marker={"color": [colours.erp, *steps, colours.ours]},
        width=0.56,
        customdata=[asked.opens(asked.before), *codes, asked.opens(asked.now)],
        hovertext=[totals[0], *labels, totals[1]],
        hoverinfo="text",
    )
    chart.update_layout(shapes=charts.stairs(levels))
    chart.update_yaxes(
        range=[len(places) - 0.5, -0.5],
        tickvals=places,
        ticktext=[totals[0], *labels, totals[1]],
        showgrid=False,
    )
    title = t("change_axis", metric=t(f"metric_{asked.rate['metric']}"), start=f"{start:g}")
    chart.update_xaxes(title_text=title, range=[start, end], nticks=5, tickangle=0)
    return chart


def stages(asked: Asked, late: Row, rows: list[Row]) -> go.Figure:
    """Late minutes per order gained (right) and lost (left) by stage and place; the small ones as one."""
    colours = theme.palette()
    shown, rest = rows[:SHOWN], rows[SHOWN:]
    names = [change_said.where(row).replace(" · ", "<br>") for row in shown]
    moved = [row["difference"] for row in shown]
    targets: list[str | None] = [
        opens.target("lost", stage=row["stage"], at=row["place"]) if row["places"] == 1 else None
        for row in shown
    ]
    if rest:
        names.append(t("change_rest", count=len(rest)))
        moved.append(sum(row["difference"] for row in rest))
        targets.append(None)
    names.append(f"<b>{t('change_all_stages')}</b>")
    moved.append(late["difference"])
    targets.append(asked.opens(asked.now) if asked.rate["metric"] == "true_on_time_rate" else None)
    lines = list(range(len(names)))
    low, high = min(0, *moved), max(0, *moved)
    # room for the figure beside the longest bar, on a phone too
    room = 0.6 * ((high - low) or 1)
    fills = [colours.loss if number > 0 else colours.gain for number in moved]
    chart = theme.figure(70 + 46 * len(lines))
    chart.add_bar(
        orientation="h",
        y=lines,
        x=moved,
        marker={"color": fills},
        width=0.56,
        text=[change_said.signed(number, 1) for number in moved],
        textposition="outside",
        cliponaxis=False,
        customdata=targets,
        hoverinfo="skip",
    )
    chart.update_layout(
        shapes=[{
            "type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": colours.muted, "width": 1},
        }]
    )  # fmt: skip
    chart.update_yaxes(range=[len(lines) - 0.5, -0.5], tickvals=lines, ticktext=names, showgrid=False)
    ends = [low - (room if low else 0.1 * room), high + (room if high else 0.1 * room)]
    chart.update_xaxes(title_text=t("change_stages_axis"), range=ends, nticks=4, tickangle=0)
    return chart


def table(asked: Asked, whole: Row, members: list[Row]) -> None:
    """Each member in both periods, with its part of the change; the whole first."""
    st.subheader(t("change_table_title"), anchor=False)
    st.caption(t("change_table_caption"))

    def points(change: float) -> float:
        return round(formats.or_zero(100 * change, 2), 2)

    def line(row: Row, name: str) -> dict[str, str | float | None]:
        return {
            "name": name,
            "difference": points(row["mix"] + row["effect"]),
            "effect": points(row["effect"]),
            "mix": points(row["mix"]),
            "rate0": None if row["is_few0"] else 100 * row["rate0"],
            "rate1": None if row["is_few1"] else 100 * row["rate1"],
            "w0": 100 * row["w0"],
            "w1": 100 * row["w1"],
            "n0": row["n0"],
            "n1": row["n1"],
        }

    number = st.column_config.NumberColumn
    then, now = change_said.heads(asked)
    heads = {"name": st.column_config.TextColumn(t(f"filter_{asked.by}"), pinned=True)}
    heads |= {
        part: number(t(f"change_col_{part}"), format="%+.2f") for part in ("difference", "effect", "mix")
    }
    for side, period in (("0", then), ("1", now)):
        heads |= {f"rate{side}": number(t("change_col_rate", period=period), format="%.1f")}
        heads |= {f"w{side}": number(t("change_col_share", period=period), format="%.1f")}
        heads |= {f"n{side}": number(t("change_col_counted", period=period), format="localized")}
    rows = [line(whole, t("change_whole")), *(line(row, row["name"]) for row in members)]
    tables.show(rows, heads, "change_table")
