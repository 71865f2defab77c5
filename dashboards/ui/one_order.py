"""One order's story: what became of it, plan against actual, its lateness. What it rests on: order_evidence.py."""

import math
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row, Value
from dashboards.ui import charts, formats, order_evidence, scans_live, stages, theme
from dashboards.ui.i18n import language, t
from dashboards.ui.orders import CLOCK
from dashboards.ui.page import View

MOST_TICKS = 3
DAY_SECONDS = 86_400
LEAST_SHARE_WITH_NAME = 0.09  # of the time line: narrower bars have no room for their stage's name


def show(view: View, order_id: str, order_day: date) -> None:
    """All blocks of one order; `order_day`: the local day on which it was placed."""
    known: dict[str, Value] = {"order_id": order_id, "order_day": order_day.isoformat()}
    order = view.ask("order", **known)[0]
    parts = view.ask("order_parts", **known)
    passed = view.ask("order_stages", **known)
    events = view.ask("order_events", order_id=order_id)
    st.header(verdict(order), anchor=False)
    st.caption(facts(order))
    scans_live.since_night(view, parts, events)
    with st.container(border=True):
        st.subheader(t("order_line"), anchor=False)
        if passed:
            st.caption(t("order_line_caption"))
            theme.show(time_line(order, parts, passed), "chart_order_line", t("order_line"))
            _stages(passed)
        else:
            st.caption(t("order_line_none"))
    promise, signature = st.columns(2, gap="medium")
    with promise.container(border=True, height="stretch"):
        order_evidence.promise(order, parts)
    with signature.container(border=True, height="stretch"):
        order_evidence.signature(parts, events)
    if order["lateness_minutes"] and order["lateness_minutes"] > 0:
        with st.container(border=True):
            st.subheader(t("order_lost"), anchor=False)
            owners = view.ask("order_lateness", order_id=order_id)
            st.caption(t("order_lost_caption", code=order["deciding_suborder"]))
            theme.show(charts.late_minutes(owners), "chart_order_lost", t("order_lost"))
    with st.container(border=True):
        order_evidence.events(events)


def verdict(order: Row) -> str:
    """What became of it, in one sentence."""
    number = {"order": order["order_id"]}
    late = order["lateness_minutes"]
    if order["is_cancelled"]:
        return t("order_cancelled", when=formats.moment(order["cancelled_at"]), **number)
    if late is not None:
        key = "order_late" if late > 0 else "order_kept"
        return t(key, by=formats.span(abs(late)), **number)
    if order["signed_at"] is not None:
        return t("order_unpromised", when=formats.moment(order["signed_at"]), **number)
    if order["closed_at"] is not None:
        return t("order_closed", when=formats.moment(order["closed_at"]), **number)
    if order["promised_at"] is None:
        return t("order_pending" if order["is_pending"] else "order_open_unpromised", **number)
    if order["minutes_past"] >= 0:
        return t("order_overdue", by=formats.span(order["minutes_past"]), **number)
    return t("order_open", left=formats.span(-order["minutes_past"]), **number)


def facts(order: Row) -> str:
    """The instants that matter, in one line."""
    said = [order["order_type_name"]] if order["order_type_name"] else []
    for key in ("placed_at", "promised_at", "signed_at"):
        if order[key] is not None:
            said.append(t(f"fact_{key}", when=formats.moment(order[key])))
    if order["erp_shipped_at"] is not None:
        key = "fact_erp_on_time" if order["is_erp_on_time"] else "fact_erp_late"
        said.append(t(key, when=formats.moment(order["erp_shipped_at"])))
    return " · ".join(said)


def time_line(order: Row, parts: list[Row], passed: list[Row]) -> go.Figure:
    """A line a sub-order, a bar a stage; the promise as a line across, a signature as a mark."""
    colours = theme.palette()
    codes = [part["fulfilment_code"] for part in parts]
    chart = theme.figure(110 + 58 * len(codes))
    marks = [mark for mark in (order["promised_at"], *(part["signed_at"] for part in parts)) if mark]
    first = min([stage["started_at"] for stage in passed] + marks)
    last = max([stage["ended_at"] for stage in passed] + marks)
    whole = (last - first).total_seconds() or 1.0
    for stage in passed:
        width = (stage["ended_at"] - stage["started_at"]).total_seconds()
        has_room = width / whole >= LEAST_SHARE_WITH_NAME
        fill = (
            colours.grid if stage["is_over"] is None else colours.loss if stage["is_over"] else colours.ours
        )
        sign = theme.SIGNS["red"] if stage["is_over"] else ""
        chart.add_bar(
            orientation="h",
            y=[codes.index(stage["fulfilment_code"])],
            base=[stage["started_at"]],
            x=[max(width, 0) * 1000],
            width=0.5,
            marker={
                "color": fill,
                "line": {"color": colours.grid, "width": 1},
                # over the colour, or the words on it could not be read
                "pattern": {
                    "shape": "/" if stage["is_open"] else "",
                    "fillmode": "overlay",
                    "solidity": 0.15,
                },
            },
            text=[f"{sign} {stages.name(stage['stage'])}".strip() if has_room else sign],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertext=[_stage_said(stage)],
            hoverinfo="text",
            showlegend=False,
        )
    signed = [
        (part["signed_at"], codes.index(part["fulfilment_code"])) for part in parts if part["signed_at"]
    ]
    if signed:
        chart.add_scatter(
            x=[when for when, _ in signed],
            y=[line for _, line in signed],
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 13,
                "color": colours.gain,
                "line": {"color": "white", "width": 1},
            },
            name=t("milestone_signed"),
            hovertext=[f"{t('milestone_signed')}: {formats.moment(when)}" for when, _ in signed],
            hoverinfo="text",
            showlegend=False,
        )
    if order["promised_at"] is not None:
        chart.add_vline(x=order["promised_at"], line={"color": colours.text, "width": 2, "dash": "dot"})
        chart.add_annotation(
            x=order["promised_at"],
            y=1,
            yref="paper",
            yanchor="bottom",
            # inside the picture, wherever the line stands
            xanchor="right" if order["promised_at"] - first > (last - first) / 2 else "left",
            showarrow=False,
            text=t("order_promise_mark"),
        )
    chart.update_layout(barmode="overlay", margin={"t": 28, "l": 8, "r": 8, "b": 8})
    # a tick a midnight, as far apart as there is room for
    days = math.ceil(whole / DAY_SECONDS / MOST_TICKS) or 1
    chart.update_xaxes(
        type="date",
        range=[first - 0.03 * (last - first), last + 0.03 * (last - first)],
        title_text=t("order_axis"),
        tickformat=formats.axis_dates("narrow day"),
        tick0="2000-01-01",
        dtick=days * DAY_SECONDS * 1000,
    )
    chart.update_yaxes(
        tickvals=list(range(len(codes))),
        ticktext=[f"{part['fulfilment_code']}<br>{_way(part)}" for part in parts],
        range=[len(codes) - 0.5, -0.5],
        showgrid=False,
    )
    return chart


def _way(part: Row) -> str:
    ends = (part["place_name"] or part["origin_place"], part["carrier_name"] or part["carrier"])
    return " → ".join(end for end in ends if end)


def _stage_said(stage: Row) -> str:
    words = {
        "stage": stages.name(stage["stage"]),
        "place": stage["place_name"] or stage["place"] or t("no_rate"),
        "took": formats.span(stage["minutes"]),
        "start": formats.moment(stage["started_at"]),
    }
    if stage["standard_minutes"] is None:
        return t("order_stage_plain", **words)
    return t("order_stage", standard=formats.span(stage["standard_minutes"]), **words)


def _stages(passed: list[Row]) -> None:
    rows = [
        {
            "part": stage["fulfilment_code"],
            "stage": stages.name(stage["stage"]) + (f" ({t('still_open')})" if stage["is_open"] else ""),
            "place": stage["place_name"] or stage["place"],
            "from": stage["started_at"],
            "took": stage["minutes"] / 60,
            "standard": None if stage["standard_minutes"] is None else stage["standard_minutes"] / 60,
            "over": t("no_rate")
            if stage["is_over"] is None
            else f"{theme.SIGNS['red']} {t('over_standard')}"
            if stage["is_over"]
            else f"{theme.SIGNS['green']} {t('within_standard')}",
        }
        for stage in passed
    ]
    with st.expander(t("order_stages_table"), key="order_stages"):
        st.dataframe(
            rows,
            hide_index=True,
            placeholder="",
            column_config={
                "part": t("col_part"),
                "stage": t("col_stage"),
                "place": t("col_held_by"),
                "from": st.column_config.DatetimeColumn(t("col_from"), format=CLOCK[language()]),
                "took": st.column_config.NumberColumn(t("col_took"), format="%.1f"),
                "standard": st.column_config.NumberColumn(t("col_standard"), format="%.1f"),
                "over": t("col_judged"),
            },
        )
