"""The charts of the promise's page: rows of a query in, a figure out."""

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import formats, opens, theme
from dashboards.ui.i18n import t

MARKS = {"short": "triangle-down", "aimed": "circle", "over": "diamond"}


def standing(row: Row) -> str:
    """Below the aim, as aimed, or above it, by the interval; a rate inside its noise is as aimed."""
    if row["ci_high"] < row["aim"] / 100:
        return "short"
    return "over" if row["ci_low"] > row["aim"] / 100 else "aimed"


def dots(rows: list[Row]) -> go.Figure:
    """The share within the percentile with its interval, against the aim; colour, mark and word say where it stands."""
    colours = theme.palette()
    fills = {"short": colours.loss, "aimed": colours.ours, "over": colours.gain}
    chart = theme.figure(96 + 44 * len(rows))
    labels = [
        f"{row['name']}<br><b>{formats.percent(row['value'])}</b> · {formats.count(row['suborders'])}"
        for row in rows
    ]
    for kind, symbol in MARKS.items():
        picked = [(label, row) for label, row in zip(labels, rows, strict=True) if standing(row) == kind]
        if not picked:
            continue
        values = [100 * row["value"] for _, row in picked]
        chart.add_scatter(
            x=values,
            y=[label for label, _ in picked],
            mode="markers",
            name=t(f"lane_{kind}"),
            showlegend=True,
            marker={"color": fills[kind], "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [
                    100 * row["ci_high"] - value for (_, row), value in zip(picked, values, strict=True)
                ],
                "arrayminus": [
                    value - 100 * row["ci_low"] for (_, row), value in zip(picked, values, strict=True)
                ],
                "color": fills[kind],
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[
                opens.target("late", place=row["place"], carrier=row["carrier"]) for _, row in picked
            ],
            text=[_said(row, t(f"lane_{kind}")) for _, row in picked],
            hoverinfo="text",
        )
    if rows:
        chart.add_vline(x=rows[0]["aim"], line={"color": colours.muted, "width": 1, "dash": "dash"})
    chart.update_yaxes(categoryorder="array", categoryarray=labels, autorange="reversed", showgrid=False)
    chart.update_xaxes(title_text=t("lanes_axis"), nticks=5, tickangle=0)
    return chart


def _said(row: Row, word: str) -> str:
    return t(
        "lane_hover",
        name=row["name"],
        value=formats.percent(row["value"]),
        low=formats.percent(row["ci_low"]),
        high=formats.percent(row["ci_high"]),
        n=formats.count(row["suborders"]),
        word=word,
    )


def levels(rows: list[Row]) -> go.Figure:
    """A bar a percentile: the share that would have come in time; the days the customer would have been told."""
    colours = theme.palette()
    chart = theme.figure(80 + 62 * len(rows))
    labels = [
        f"<b>P{row['level_percent']}</b>{t('level_in_force') if row['is_in_force'] else ''}<br>"
        f"{t('level_buffer', days=format(row['buffer_days'], '.2f'))}"
        for row in rows
    ]
    chart.add_bar(
        orientation="h",
        y=labels,
        x=[100 * row["value"] for row in rows],
        marker={"color": [colours.ours if row["is_in_force"] else colours.total for row in rows]},
        width=0.56,
        text=[formats.percent(row["value"]) for row in rows],
        textposition="outside",
        cliponaxis=False,
        hovertext=[
            t(
                "level_hover",
                level=row["level_percent"],
                k=formats.count(row["on_time_orders"]),
                n=formats.count(row["orders"]),
                days=f"{row['buffer_days']:.2f}",
            )
            for row in rows
        ],
        hoverinfo="text",
    )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(
        title_text=t("levels_axis"), range=[0, 118], tickvals=[0, 25, 50, 75, 100], tickangle=0
    )
    return chart


def buffers(rows: list[Row], grain: str) -> go.Figure:
    """Mean and median buffer in days, and between which days four of five orders lie."""
    colours = theme.palette()
    solid = [row for row in rows if not row["is_too_few"]]
    starts = [row["start"] for row in solid]
    chart = theme.figure(250)
    chart.add_scatter(
        x=[*starts, *reversed(starts)],
        y=[*(row["high_days"] for row in solid), *(row["low_days"] for row in reversed(solid))],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=colours.ours_band,
        name=t("buffers_spread"),
        hoverinfo="skip",
    )
    chart.add_scatter(
        x=starts,
        y=[row["median_days"] for row in solid],
        mode="lines",
        name=t("buffers_median"),
        line={"color": colours.muted, "width": 2, "dash": "dot"},
        hoverinfo="skip",
    )
    chart.add_scatter(
        x=starts,
        y=[row["mean_days"] for row in solid],
        mode="lines+markers",
        name=t("buffers_mean"),
        line={"color": colours.ours, "width": 3},
        text=[_buffer_said(row, grain) for row in solid],
        hoverinfo="text",
    )
    chart.update_yaxes(title_text=t("buffers_axis"), rangemode="tozero", nticks=5)
    chart.update_xaxes(
        title_text=t("buffers_day"), tickformat=formats.axis_dates(_ticks(grain)), nticks=6, tickangle=0
    )
    return chart


def _buffer_said(row: Row, grain: str) -> str:
    return t(
        "buffers_hover",
        when=_when(row, grain),
        mean=f"{row['mean_days']:.2f}",
        low=f"{row['low_days']:.1f}",
        high=f"{row['high_days']:.1f}",
        n=formats.count(row["orders"]),
    )


def wishes(rows: list[Row], grain: str) -> go.Figure:
    """Wished days met, which no buffer can make easier."""
    colours = theme.palette()
    solid = [row for row in rows if not row["is_wish_too_few"]]
    chart = theme.figure(210)
    chart.add_scatter(
        x=[row["start"] for row in solid],
        y=[100 * row["wish_value"] for row in solid],
        mode="lines+markers",
        line={"color": colours.gain, "width": 3},
        marker={"symbol": "square", "size": 6},
        text=[
            t(
                "wishes_hover",
                when=_when(row, grain),
                value=formats.percent(row["wish_value"]),
                n=formats.count(row["wished"]),
            )
            for row in solid
        ],
        hoverinfo="text",
    )
    chart.update_yaxes(title_text=t("wishes_axis"), nticks=5)
    chart.update_xaxes(
        title_text=t("wishes_day"), tickformat=formats.axis_dates(_ticks(grain)), nticks=6, tickangle=0
    )
    return chart


def _ticks(grain: str) -> str:
    return "month" if grain == "month" else "day"


def _when(row: Row, grain: str) -> str:
    return formats.month(row["start"]) if grain == "month" else t("week_of", day=formats.day(row["start"]))
