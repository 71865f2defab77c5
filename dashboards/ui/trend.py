"""True on-time over time, beside what the process does by itself: a chart, and signal or noise said in words.

The limits (XmR) and the signals against them come with the rows of the trend query; nothing is judged here.
"""

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import days_off, formats, opens, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

LEAST_DAYS = 30
LONG = 92
SHOWN_SPANS = 3
SHOWN_RUNS = 2


def trends(view: View) -> None:
    """By day over the days chosen (at least a month of them), and by month over the whole history."""
    st.subheader(t("trend_title"), anchor=False)
    period, run = view.chosen.period, view.run
    first_day = run["first_day"]
    first = min(period.first, max(first_day, period.last - timedelta(days=LEAST_DAYS - 1)))
    whole = {"from_day": first_day.isoformat(), "to_day": run["last_day"].isoformat()}
    by_day, by_month = st.columns([3, 2], gap="medium")
    with by_day:
        since = first.isoformat()
        _trend(
            view, view.ask("trend", grain="day", from_day=since), "day", view.ask("holidays", from_day=since)
        )
    with by_month:
        _trend(view, view.ask("trend", grain="month", **whole), "month", [])
    # a file published before the limits came has no numbers for them
    if run["xmr_factor"] is not None:
        st.caption(t("xmr_meaning", factor=f"{run['xmr_factor']:g}", n=run["xmr_run_length"]))


def _trend(view: View, rows: list[Row], grain: str, holidays: list[Row]) -> None:
    st.caption(t(f"trend_by_{grain}"))
    drawn = chart(rows, grain, view.run)
    days_off.mark(drawn, holidays, (rows[-1]["start"] - rows[0]["start"]).days)
    opens.chart(drawn, f"chart_trend_{grain}", t(f"trend_by_{grain}"))
    if holidays:
        st.caption(days_off.said(holidays))
    if view.run["xmr_factor"] is not None:
        with st.container(key=f"xmr_{grain}"):
            st.markdown(said(rows, grain, view.run))


def said(rows: list[Row], grain: str, run: Row) -> str:
    """Signal or noise, in words."""
    limits = next((row for row in rows if row["centre"] is not None), None)
    if limits is None:
        return t(f"xmr_few_{grain}", points=run["xmr_minimum_points"], minimum=run["minimum_sample"])
    ends = {"low": formats.percent(limits["low_limit"]), "high": formats.percent(limits["high_limit"])}
    write = _writer(rows, grain)
    parts = [
        t(key, when=_spans(rows, side, grain, write))
        for key, side in (("xmr_fell", -1), ("xmr_rose", 1))
        if any(row["is_outside"] and row["side"] == side for row in rows)
    ]
    runs = {
        (row["run_first"], row["run_last"], row["run_length"], row["side"]) for row in rows if row["is_run"]
    }
    centre = formats.percent(limits["centre"])
    parts += [
        t(
            f"xmr_run_{'below' if side < 0 else 'above'}_{grain}",
            first=write(first),
            last=write(last),
            n=length,
            centre=centre,
        )
        for first, last, length, side in sorted(runs)[-SHOWN_RUNS:]
    ]
    if not parts:
        return t(f"xmr_noise_{grain}", **ends)
    return t("gap_between").join([t("xmr_signal", **ends), *parts, t("xmr_look")])


def _writer(rows: list[Row], grain: str) -> Callable[[date], str]:
    if grain == "month":
        return formats.month
    return formats.day if (rows[-1]["start"] - rows[0]["start"]).days > 365 else formats.short_day


def _spans(rows: list[Row], side: int, grain: str, write: Callable[[date], str]) -> str:
    """The periods outside the limits on one side, neighbours as one span; of many, the latest."""
    found = [
        [row["start"] for row in group]
        for is_out, group in groupby(rows, key=lambda row: row["is_outside"] and row["side"] == side)
        if is_out
    ]
    named = [
        write(span[0]) if len(span) == 1 else t("xmr_span", first=write(span[0]), last=write(span[-1]))
        for span in found[-SHOWN_SPANS:]
    ]
    earlier = sum(len(span) for span in found[:-SHOWN_SPANS])
    return t("list_joint").join(named) + (t(f"xmr_earlier_{grain}", n=earlier) if earlier else "")


def chart(rows: list[Row], grain: str, run: Row) -> go.Figure:
    """True on-time with its interval and limits, the ERP's figure dashed; signals by shape; too few: an open dot."""
    colours = theme.palette()
    drawn = theme.figure(380)
    write = formats.month if grain == "month" else formats.day
    starts = [row["start"] for row in rows]
    days = [_code(row["start"], grain) for row in rows]
    is_long = len(rows) > LONG
    band = _band(rows)
    drawn.add_scatter(
        x=[point[0] for point in band], y=[point[1] for point in band],
        mode="lines", line={"width": 0}, fill="toself", fillcolor=colours.ours_band,
        hoverinfo="skip", name=t("trend_interval"),
    )  # fmt: skip
    _limits(drawn, rows)
    if any(row["erp_value"] is not None for row in rows):
        drawn.add_scatter(
            x=starts,
            y=[_or_gap(row, "erp_value", "is_erp_too_few") for row in rows],
            mode="lines+markers",
            name=t("trend_erp"),
            line={"color": colours.erp, "width": 2, "dash": "dash"},
            marker={"symbol": "square", "size": 5, "opacity": 0 if is_long else 1},
            text=[_erp_said(row, write) for row in rows],
            hoverinfo="text",
            customdata=[opens.target("step", step="erp", period=day) for day in days],
        )
    late = [opens.target("late", period=day) for day in days]
    drawn.add_scatter(
        x=starts,
        y=[_or_gap(row, "value", "is_too_few") for row in rows],
        mode="lines+markers",
        name=t("trend_true"),
        line={"color": colours.ours, "width": 3},
        # there even where not seen: only a point can be opened
        marker={"symbol": "circle", "size": 6, "opacity": 0 if is_long else 1},
        text=[_said(row, write) for row in rows],
        hoverinfo="text",
        customdata=late,
    )
    few = [
        (row, to)
        for row, to in zip(rows, late, strict=True)
        if row["is_too_few"] and row["value"] is not None
    ]
    if few:
        drawn.add_scatter(
            x=[row["start"] for row, _ in few],
            y=[100 * row["value"] for row, _ in few],
            mode="markers",
            name=t("trend_few", minimum=run["minimum_sample"]),
            marker={"symbol": "circle-open", "size": 4 if is_long else 7, "color": colours.muted},
            text=[t("hover_few", when=write(row["start"]), n=_n(row, "orders")) for row, _ in few],
            hoverinfo="text",
            customdata=[to for _, to in few],
            cliponaxis=False,
        )
    _signals(drawn, rows, late, run, write)
    seen = [100 * row["ci_low"] for row in rows if not row["is_too_few"]]
    seen += [100 * row["value"] for row, _ in few]
    seen += [100 * row["low_limit"] for row in rows if row["low_limit"] is not None]
    seen += [100 * row["erp_value"] for row in rows if not row["is_erp_too_few"]]
    low = max(0, 10 * math.floor((min(seen) - 1) / 10)) if seen else 0
    drawn.update_yaxes(title_text=t("trend_axis"), range=[low, 101.5])
    drawn.update_xaxes(
        title_text=t(f"trend_{grain}_axis"),
        tickformat=formats.axis_dates("month" if is_long else grain),
        showgrid=False,
        nticks=6,
    )
    if grain == "month" and len(rows) <= 8:
        drawn.update_xaxes(tickvals=starts)
    return drawn


def _limits(drawn: go.Figure, rows: list[Row]) -> None:
    """The mean and the natural limits, as lines over all the periods."""
    limits = next((row for row in rows if row["centre"] is not None), None)
    if limits is None:
        return
    colours = theme.palette()
    ends = [rows[0]["start"], rows[-1]["start"]]
    for name, dash in (("centre", "solid"), ("low_limit", "dot"), ("high_limit", "dot")):
        drawn.add_scatter(
            x=ends,
            y=[100 * limits[name]] * 2,
            mode="lines",
            line={"color": colours.muted, "width": 1, "dash": dash},
            name=t("trend_limits"),
            showlegend=name == "low_limit",
            hoverinfo="skip",
        )


def _signals(
    drawn: go.Figure, rows: list[Row], late: list[str], run: Row, write: Callable[[date], str]
) -> None:
    """What the process does not do by itself, by its shape: triangles outside the limits, diamonds of a run."""
    colours = theme.palette()
    kinds = {
        "fell": ("triangle-down", colours.loss, lambda row: row["is_outside"] and row["side"] < 0),
        "rose": ("triangle-up", colours.gain, lambda row: row["is_outside"] and row["side"] > 0),
        "run": ("diamond", colours.text, lambda row: row["is_run"] and not row["is_outside"]),
    }
    if len(rows) > LONG:
        # of hundreds of days so many lie in some run that their marks would hide the line
        del kinds["run"]
    size = 7 if len(rows) > LONG else 12
    for key, (symbol, colour, is_meant) in kinds.items():
        meant = [(row, to) for row, to in zip(rows, late, strict=True) if is_meant(row)]
        name = t(f"signal_{key}", n=run["xmr_run_length"])
        if meant:
            drawn.add_scatter(
                x=[row["start"] for row, _ in meant],
                y=[100 * row["value"] for row, _ in meant],
                mode="markers",
                name=t("signal"),
                showlegend=not any(trace.name == t("signal") for trace in drawn.data),
                marker={"symbol": symbol, "size": 9 if symbol == "diamond" else size, "color": colour},
                text=[f"{name}<br>{_said(row, write)}" for row, _ in meant],
                hoverinfo="text",
                customdata=[to for _, to in meant],
                cliponaxis=False,
            )


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


def _code(start: date, grain: str) -> str:
    return f"{start:%Y-%m}" if grain == "month" else start.isoformat()


def _or_gap(row: Row, name: str, flag: str) -> float | None:
    return None if row[flag] or row[name] is None else 100 * row[name]


def _said(row: Row, write: Callable[[date], str]) -> str:
    if row["value"] is None:
        return ""
    words = {"when": write(row["start"]), "value": formats.percent(row["value"]), "n": _n(row, "orders")}
    return t("hover_true", low=formats.percent(row["ci_low"]), high=formats.percent(row["ci_high"]), **words)


def _erp_said(row: Row, write: Callable[[date], str]) -> str:
    words = {"when": write(row["start"]), "value": formats.percent(row["erp_value"])}
    return t("hover_erp", n=_n(row, "erp_orders"), **words)


def _n(row: Row, name: str) -> str:
    return formats.count(row[name])
