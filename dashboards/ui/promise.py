"""The blocks of the promise's page: the sentence, what other percentiles would give, the buffer, the lanes."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import streamlit as st

from dashboards.published import Row
from dashboards.ui import formats, opens, periods, promise_charts, tables, theme, trend
from dashboards.ui.i18n import t
from dashboards.ui.page import View

WORST, BEST = 8, 4
PINNED = 210  # pixels: wider, it would not stay in sight on a phone
LONG_HISTORY_DAYS = 300
# the first buffers are made from next to nothing
STARTING_DAYS = 28
# less than this is no change
STILL_DAYS, STILL_SHARE = 0.1, 0.01


def kept(view: View) -> str:
    """Markdown: of the orders due in the period, how many kept their promise; one that is unsigned did not."""
    rate = {row["metric"]: row for row in view.ask("rates")}.get("promise_kept_rate")
    period = periods.phrase(view.chosen.period)
    if rate is None or not rate["denominator"]:
        return t("promise_none_due", period=period)
    words = {"period": period, "k": formats.count(rate["numerator"]), "n": formats.count(rate["denominator"])}
    if rate["is_too_few"]:
        return t("promise_kept_few", **words)
    return t("promise_kept", value=formats.percent(rate["value"]), **words)


def missed(view: View) -> None:
    """The way to the orders that did not keep it."""
    rate = {row["metric"]: row for row in view.ask("rates")}.get("promise_kept_rate")
    if rate and rate["denominator"] > rate["numerator"]:
        orders = formats.count(rate["denominator"] - rate["numerator"])
        opens.link(t("promise_open_missed", orders=orders), "due_missed")


def sentence(view: View, coverage: list[Row]) -> str:
    """Markdown: promises kept; parcels within the percentile against its aim; whether promises got easier."""
    period, whole = periods.phrase(view.chosen.period), coverage[0]
    if whole["is_too_few"]:
        few = t("promise_few", period=period, n=formats.count(whole["suborders"]))
        return kept(view) + t("gap_between") + few
    said = f"{100 * whole['value']:.0f}"
    if whole["ci_high"] < whole["aim"] / 100:
        key = "promise_short"
    else:
        key = "promise_over" if whole["ci_low"] > whole["aim"] / 100 else "promise_as_aimed"
    parts = [t(key, period=period, value=said, aim=whole["aim"])]
    if key == "promise_short":
        parts += _owner(coverage[1:])
    return t("gap_between").join([kept(view), *parts, *_drift(view)])


def _owner(by_level: list[Row]) -> list[str]:
    """Which lanes most of the missing parcels are on, by how far they were backed off."""
    short = [row for row in by_level if not row["is_too_few"] and promise_charts.standing(row) == "short"]
    if not short:
        return []
    worst = max(short, key=lambda row: row["aim"] * row["suborders"] - 100 * row["covered"])
    words = {"value": formats.share(worst["value"]), "n": formats.count(worst["suborders"])}
    return [t(f"promise_owner_{worst['lane_level']}", **words)]


def _drift(view: View) -> list[str]:
    """What the buffer did between the first month that can be compared and the last."""
    known_from = view.run["first_day"] + timedelta(days=STARTING_DAYS)
    months = [
        row
        for row in view.ask("promise_buffers", grain="month", from_day=view.run["first_day"].isoformat())
        if not row["is_too_few"] and row["start"] >= known_from
    ]
    if len(months) < 2:
        return []
    first, last = months[0], months[-1]
    words = {
        "before": f"{first['mean_days']:.1f}",
        "now": f"{last['mean_days']:.1f}",
        "month": formats.month(first["start"]),
    }
    grown = last["mean_days"] - first["mean_days"]
    if abs(grown) < STILL_DAYS:
        return [t("promise_still", **words)]
    if first["is_wish_too_few"] or last["is_wish_too_few"]:
        return [t("promise_grown" if grown > 0 else "promise_shrunk", **words)]
    better = last["wish_value"] - first["wish_value"]
    wishes = {
        "wish_before": formats.share(first["wish_value"]),
        "wish_now": formats.share(last["wish_value"]),
    }
    side = "better" if better > STILL_SHARE else "worse" if better < -STILL_SHARE else "same"
    return [t(f"promise_{'grown' if grown > 0 else 'shrunk'}_{side}", **words, **wishes)]


def others(sources: list[Row]) -> None:
    """The signed orders that are in none of these figures, because nothing was computed for them."""
    rest = {row["promise_source"]: row["orders"] for row in sources if row["promise_source"] != "computed"}
    said = [t(f"promise_other_{source}", orders=formats.count(orders)) for source, orders in rest.items()]
    if said:
        st.caption(t("promise_others", said=t("joined").join(said)))


def without_buffers(view: View, sources: list[Row]) -> None:
    """No promise was computed: said whose the promises are, and what can still be said of them."""
    given = next((row for row in sources if row["promise_source"] == "given"), None)
    period = periods.phrase(view.chosen.period)
    if given is None:
        st.header(t("promise_absent", period=period), anchor=False)
    elif given["is_too_few"]:
        st.header(t("promise_told_few", period=period, n=formats.count(given["orders"])), anchor=False)
    else:
        told = t("promise_told", period=period, kept=f"{100 * given['value']:.0f}")
        st.header(kept(view) + t("gap_between") + told, anchor=False)
        missed(view)
    if given is not None and not given["is_too_few"]:
        st.caption(t("promise_told_by_month"))
        whole = {"from_day": view.run["first_day"].isoformat(), "to_day": view.run["last_day"].isoformat()}
        months = view.ask("trend", grain="month", **whole)
        drawn = trend.chart(months, "month", view.run)
        theme.show(drawn, "chart_promise_told", t("promise_told_by_month"))
    with st.container(key="promise_last"):
        st.info(t("promise_told_why" if given else "promise_absent_why"), icon=":material/info:")
    if given and given["orders"] > given["on_time_orders"]:
        opens.link(t("promise_open_late"), "late")


def levels(view: View) -> None:
    """What each percentile would have told the customer, and how often it would have been kept."""
    st.subheader(t("levels_title"), anchor=False)
    rows = view.ask("promise_levels")
    if not rows or rows[0]["is_too_few"]:
        st.caption(t("levels_few", n=formats.count(rows[0]["orders"] if rows else 0)))
        return
    st.caption(t("levels_caption", n=formats.count(rows[0]["orders"])))
    theme.show(promise_charts.levels(rows), "chart_levels", t("levels_title"))
    for tighter, wider in pairwise(rows):
        if tighter["is_in_force"]:
            gained = formats.points(100 * (wider["value"] - tighter["value"]))
            longer = formats.points(wider["buffer_days"] - tighter["buffer_days"])
            st.markdown(t("levels_next", level=wider["level_percent"], gained=gained, longer=longer))
    opens.link(t("promise_open_late"), "late")


def buffers(view: View) -> None:
    """The buffer over the whole history up to the period's end, and the wished days met beside it."""
    st.subheader(t("buffers_title"), anchor=False)
    first, last = view.run["first_day"], view.chosen.period.last
    grain = "month" if (last - first).days > LONG_HISTORY_DAYS else "week"
    rows = view.ask("promise_buffers", grain=grain, from_day=first.isoformat())
    st.caption(t(f"buffers_by_{grain}"))
    theme.show(promise_charts.buffers(rows, grain), "chart_buffers", t("buffers_title"))
    if any(not row["is_wish_too_few"] for row in rows):
        st.caption(t("wishes_caption"))
        theme.show(promise_charts.wishes(rows, grain), "chart_wishes", t("metric_wished_date_hit_rate"))
        opens.link(t("wishes_open"), "wish_missed")


def lanes(view: View, coverage: list[Row]) -> None:
    """Lanes that fall short of the percentile and those above it; then how far they were backed off; then all."""
    st.subheader(t("lanes_title"), anchor=False)
    rows = [_named(row) for row in view.ask("promise_lanes")]
    judged = [row for row in rows if not row["is_too_few"]]
    st.caption(t("lanes_caption", aim=coverage[0]["aim"], minimum=view.run["minimum_sample"]))
    by_lane, by_level = st.columns([3, 2], gap="medium")
    with by_lane:
        if judged:
            ends = judged if len(judged) <= WORST + BEST else [*judged[:WORST], *judged[-BEST:]]
            st.markdown(
                t("lanes_ends", worst=WORST, best=BEST) if len(ends) < len(judged) else t("lanes_every")
            )
            opens.chart(promise_charts.dots(ends), "chart_lanes", t("lanes_title"))
            worst = judged[0]
            opens.link(
                t("lanes_open", lane=worst["name"]), "late", place=worst["place"], carrier=worst["carrier"]
            )
        else:
            st.caption(t("lanes_none"))
    with by_level:
        st.markdown(t("lanes_by_level"))
        named = [
            {**row, "name": t(f"lane_level_{row['lane_level']}"), "place": None, "carrier": None}
            for row in coverage
            if row["lane_level"] is not None and not row["is_too_few"]
        ]
        theme.show(promise_charts.dots(named), "chart_lane_levels", t("lanes_by_level"))
    st.markdown(t("lanes_all", n=formats.count(len(rows)), few=formats.count(len(rows) - len(judged))))
    _table(rows)


def _named(row: Row) -> Row:
    """A lane that was backed off is said to be what the finer lanes leave."""
    if row["lane_level"] == "all":
        return {**row, "name": t("lane_everything")}
    return {**row, "name": t("lane_elsewhere", name=row["name"])} if row["lane_level"] == "carrier" else row


def _table(rows: list[Row]) -> None:
    days = "%.1f"
    columns: dict[str, Any] = {
        "name": st.column_config.TextColumn(t("col_lane"), pinned=True, width=PINNED),
        "destination": st.column_config.TextColumn(t("col_lane_to")),
        "percent": st.column_config.NumberColumn(t("col_within"), format="%.1f %%"),
        "suborders": st.column_config.NumberColumn(t("col_parcels")),
        "slower": st.column_config.NumberColumn(t("col_slower")),
        "transit_days": st.column_config.NumberColumn(t("col_transit_days"), format=days),
        "buffer_days": st.column_config.NumberColumn(t("col_buffer_days"), format=days),
        "level": st.column_config.TextColumn(t("col_lane_level")),
    }
    listed = [
        {
            **row,
            "name": row["sender"] if row["destination"] else row["name"],
            "percent": None if row["value"] is None else 100 * row["value"],
            "level": t(f"lane_level_{row['lane_level']}"),
        }
        for row in rows
    ]
    tables.show(listed, columns, "promise_last", nothing=t("no_rate"))
