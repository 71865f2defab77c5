"""The charts of rates, steps and counts: rows of a query in, a figure out. The strip is in strip.py."""

import math
from collections.abc import Callable
from datetime import date
from itertools import groupby, pairwise

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import formats, stages, theme
from dashboards.ui.i18n import t

LONG_TREND = 92


def trend(rows: list[Row], grain: str, minimum: int) -> go.Figure:
    """True on-time with its interval, the ERP's figure dashed; too few orders: a grey open dot."""
    colours = theme.palette()
    write = formats.month if grain == "month" else formats.day
    chart = theme.figure(330)
    solid = [row for row in rows if not row["is_too_few"]]
    few = [row for row in rows if row["is_too_few"] and row["value"] is not None]
    starts = [row["start"] for row in rows]

    def or_gap(row: Row, name: str, flag: str) -> float | None:
        return None if row[flag] or row[name] is None else 100 * row[name]

    band = _band(rows)
    chart.add_scatter(
        x=[point[0] for point in band],
        y=[point[1] for point in band],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=colours.ours_band,
        hoverinfo="skip",
        name=t("trend_interval"),
    )
    is_long = len(rows) > LONG_TREND
    marks = "lines" if is_long else "lines+markers"
    if any(row["erp_value"] is not None for row in rows):
        chart.add_scatter(
            x=starts,
            y=[or_gap(row, "erp_value", "is_erp_too_few") for row in rows],
            mode=marks,
            name=t("trend_erp"),
            line={"color": colours.erp, "width": 2, "dash": "dash"},
            marker={"symbol": "square", "size": 5},
            text=[
                t(
                    "hover_erp",
                    when=write(row["start"]),
                    value=formats.percent(row["erp_value"]),
                    n=_n(row, "erp_orders"),
                )
                for row in rows
            ],
            hoverinfo="text",
        )
    chart.add_scatter(
        x=starts,
        y=[or_gap(row, "value", "is_too_few") for row in rows],
        mode=marks,
        name=t("trend_true"),
        line={"color": colours.ours, "width": 3},
        marker={"symbol": "circle", "size": 6},
        text=[_said(row, write) for row in rows],
        hoverinfo="text",
    )
    if few:
        chart.add_scatter(
            x=[row["start"] for row in few],
            y=[100 * row["value"] for row in few],
            mode="markers",
            name=t("trend_few", minimum=minimum),
            marker={"symbol": "circle-open", "size": 4 if is_long else 7, "color": colours.muted},
            text=[t("hover_few", when=write(row["start"]), n=_n(row, "orders")) for row in few],
            hoverinfo="text",
            cliponaxis=False,
        )
    seen = [100 * row["ci_low"] for row in solid] + [100 * row["value"] for row in few]
    seen += [
        100 * row["erp_value"] for row in rows if row["erp_value"] is not None and not row["is_erp_too_few"]
    ]
    low = max(0, 10 * math.floor((min(seen) - 1) / 10)) if seen else 0
    chart.update_yaxes(title_text=t("trend_axis"), range=[low, 101.5])
    chart.update_xaxes(
        title_text=t(f"trend_{grain}_axis"),
        tickformat=formats.axis_dates("month" if is_long else grain),
        showgrid=False,
        nticks=6,
    )
    if grain == "month" and len(rows) <= 8:
        chart.update_xaxes(tickvals=starts)
    return chart


def _band(rows: list[Row]) -> list[tuple[date | None, float | None]]:
    """The outline of the interval: one closed loop a run of periods that have a rate, a gap between runs."""
    points: list[tuple[date | None, float | None]] = []
    for is_solid, group in groupby(rows, key=lambda row: not row["is_too_few"]):
        if is_solid:
            run = list(group)
            points += [(row["start"], 100 * row["ci_high"]) for row in run]
            points += [(row["start"], 100 * row["ci_low"]) for row in reversed(run)]
            points += [(run[0]["start"], 100 * run[0]["ci_high"]), (None, None)]
    return points


def _said(row: Row, write: Callable[[date], str]) -> str:
    if row["value"] is None:
        return ""
    return t(
        "hover_true",
        when=write(row["start"]),
        value=formats.percent(row["value"]),
        n=_n(row, "orders"),
        low=formats.percent(row["ci_low"]),
        high=formats.percent(row["ci_high"]),
    )


def _n(row: Row, name: str) -> str:
    return formats.count(row[name])


def bridge(rows: list[Row]) -> go.Figure:
    """Waterfall from the ERP's figure down to the truth: a line a step, points and orders in its label."""
    colours = theme.palette()
    rates = [100 * row["rate"] for row in rows]
    start = bridge_start(rows)
    chart = theme.figure(76 + 52 * (len(rows) + 1))
    befores = [start, *rates[:-1], start]
    ends = [*rates, rates[-1]]
    steps = [colours.loss if end < before else colours.gain for before, end in pairwise(rates)]
    lines = [
        *(_step(row, row is rows[0]) for row in rows),
        f"<b>{t('bridge_left')}<br>{_total(rows[-1])}</b>",
    ]
    chart.add_bar(
        orientation="h",
        y=lines,
        base=befores,
        x=[end - before for before, end in zip(befores, ends, strict=True)],
        marker={"color": [colours.erp, *steps, colours.ours]},
        width=0.56,
        hovertext=[*(_step_said(row) for row in rows), _step_said(rows[-1])],
        hoverinfo="text",
    )
    # from the end of one bar to the start of the next, so that the eye walks down the stairs
    chart.update_layout(
        shapes=[
            {
                "type": "line", "layer": "below",
                "x0": rate, "x1": rate, "y0": line - 0.28, "y1": line + 1.28,
                "line": {"color": colours.muted, "width": 1, "dash": "dot"},
            }
            for line, rate in enumerate(rates)
        ]
    )  # fmt: skip
    chart.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 13})
    chart.update_xaxes(title_text=t("bridge_axis"), range=[start, 100.5], nticks=6, tickangle=0)
    return chart


def bridge_start(rows: list[Row]) -> int:
    """Where the bridge's axis starts, in per cent: the ten below its lowest step."""
    return max(0, 10 * math.floor((min(100 * row["rate"] for row in rows) - 2) / 10))


def _step(row: Row, is_first: bool) -> str:
    name = t(f"step_{row['step']}")
    orders = _n(row, "orders")
    if is_first:
        return f"<b>{name}<br>{t('bridge_rate', rate=formats.percent(row['rate']), orders=orders)}</b>"
    return f"{name}<br>{t('bridge_points', points=formats.points(row['points']), orders=orders)}"


def _total(row: Row) -> str:
    return t("bridge_rate", rate=formats.percent(row["rate"]), orders=_n(row, "denominator"))


def _step_said(row: Row) -> str:
    words = {
        "name": t(f"step_{row['step']}"),
        "rate": formats.percent(row["rate"]),
        "n": _n(row, "denominator"),
    }
    if row["complaint_rate"] is None:
        return t("bridge_hover_plain", **words)
    return t("bridge_hover", complaints=formats.percent(row["complaint_rate"]), **words)


def lateness(rows: list[Row]) -> go.Figure:
    """The stage-and-place pairs that own most late time, largest on top."""
    colours = theme.palette()
    chart = theme.figure(70 + 52 * len(rows))
    labels = [
        f"{stages.name(row['stage'])} · {row['name'] or row['place']}<br>"
        f"<b>{t('act_label', share=formats.share(row['share']), orders=_n(row, 'orders'))}</b>"
        for row in rows
    ]
    chart.add_bar(
        orientation="h",
        y=labels,
        x=[row["minutes"] / 60 for row in rows],
        marker={"color": [colours.loss, *[colours.total] * (len(rows) - 1)]},
        width=0.56,
        text=[formats.duration(row["minutes"]) for row in rows],
        textposition="auto",
        hoverinfo="text",
    )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(title_text=t("act_axis"), nticks=4, tickangle=0, rangemode="tozero")
    return chart


def late_minutes(rows: list[Row]) -> go.Figure:
    """Where one order's lateness went, largest on top."""
    colours = theme.palette()
    chart = theme.figure(70 + 44 * len(rows))
    labels = [
        f"{stages.name(row['stage'])}{' · ' + (row['name'] or row['place']) if row['place'] else ''}<br>"
        f"<b>{formats.share(row['share'])}</b>"
        for row in rows
    ]
    chart.add_bar(
        orientation="h",
        y=labels,
        x=[row["minutes"] / 60 for row in rows],
        marker={"color": [colours.loss, *[colours.total] * (len(rows) - 1)]},
        width=0.56,
        text=[formats.span(row["minutes"]) for row in rows],
        textposition="auto",
        hoverinfo="skip",
    )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(title_text=t("act_axis"), nticks=4, tickangle=0, rangemode="tozero")
    return chart


def overdue(rows: list[Row]) -> go.Figure:
    """Open overdue orders by how long they are overdue."""
    colours = theme.palette()
    chart = theme.figure(70 + 40 * len(rows))
    chart.add_bar(
        orientation="h",
        y=[formats.age(row) for row in rows],
        x=[row["orders"] for row in rows],
        marker={"color": colours.total},
        width=0.6,
        text=[formats.count(row["orders"]) for row in rows],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    most = max(row["orders"] for row in rows)
    chart.update_yaxes(autorange="reversed", showgrid=False, title_text=t("overdue_age_axis"))
    chart.update_xaxes(
        title_text=t("overdue_axis"), range=[0, 1.18 * max(most, 1)], nticks=4, tickangle=0, tickformat=",d"
    )
    return chart
