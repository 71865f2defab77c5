"""The blocks a page is put together from: a title, a sentence, a chart."""

from datetime import timedelta

import streamlit as st

from dashboards.published import Row
from dashboards.ui import charts, formats, stages, strip, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

BESIDE = (
    "promise_kept_rate", "wished_date_hit_rate", "in_full_on_time_rate", "complaint_rate", "pick_error_rate",
    "promised_share", "promise_coverage",
)  # fmt: skip
SHOWN_OWNERS = 5
LEAST_TREND_DAYS = 30


def headline(view: View, rates: dict[str, Row], ages: list[Row]) -> None:
    """True on-time with its interval, the ERP's figure, the gap between them, and what is overdue."""
    ours, erp = rates["true_on_time_rate"], rates.get("erp_on_time_rate")
    boxes = st.columns([5, 4, 5, 4], gap="small")
    with boxes[0].container(border=True, height="stretch", key="headline_true"):
        _rate("true_on_time_rate", ours)
    with boxes[1].container(border=True, height="stretch", key="headline_erp"):
        if erp is None:
            st.metric(t("headline_erp"), t("no_rate"))
            st.caption(t("erp_absent"))
        else:
            _rate("erp_on_time_rate", erp)
    with boxes[2].container(border=True, height="stretch", key="headline_gap"):
        _gap(view, ours, erp)
    with boxes[3].container(border=True, height="stretch", key="headline_overdue"):
        orders = sum(row["orders"] for row in ages)
        st.metric(t("headline_overdue"), formats.count(orders))
        oldest = max((row["oldest_days"] for row in ages if row["oldest_days"] is not None), default=None)
        st.caption(t("nothing_overdue") if oldest is None else t("oldest", days=formats.count(oldest)))
    last = view.chosen.period.last
    if (view.run["last_day"] - last).days < view.run["final_after_days"]:
        st.caption(t("not_final", days=view.run["final_after_days"]))


def _rate(metric: str, row: Row) -> None:
    title = t("headline_true" if metric == "true_on_time_rate" else "headline_erp")
    if row["is_too_few"]:
        st.metric(title, t("no_rate"), help=row["definition"])
        st.caption(t("too_few", n=formats.count(row["denominator"])))
        return
    st.metric(title, formats.percent(row["value"]), help=row["definition"])
    low, high = formats.percent(row["ci_low"]), formats.percent(row["ci_high"])
    st.caption(t("interval", low=low, high=high, n=formats.count(row["denominator"])))


def _gap(view: View, ours: Row, erp: Row | None) -> None:
    if erp is None or ours["is_too_few"] or erp["is_too_few"]:
        st.metric(t("headline_gap"), t("no_rate"))
        st.caption(t("gap_few"))
        return
    st.metric(t("headline_gap"), t("gap_points", points=formats.points(100 * (ours["value"] - erp["value"]))))
    late = view.ask("late_to_customer")[0]
    orders, of = formats.count(late["late_though_erp_on_time"]), formats.count(late["late_orders"])
    st.caption(t("gap_orders", orders=orders, of=of))


def owners(rows: list[Row]) -> None:
    """The stage-and-place pairs that own most late time; what no stage owns is said below."""
    st.subheader(t("act_title"), anchor=False)
    held = [row for row in rows if row["place"] is not None]
    if not rows:
        st.caption(t("act_none"))
        return
    st.caption(t("act_caption"))
    if held:
        theme.show(charts.lateness(held[:SHOWN_OWNERS]), "chart_lateness", t("act_title"))
    rest = sum(row["share"] for row in held[SHOWN_OWNERS:])
    tight = sum(row["share"] for row in rows if row["place"] is None)
    said = [t("act_rest", share=formats.share(rest))] if rest else []
    said += [t("act_tight", share=formats.share(tight))] if tight else []
    st.caption(t("gap_between").join(said))


def overdue(view: View, ages: list[Row]) -> None:
    """What is overdue and open at the end of the period, by age."""
    st.subheader(t("overdue_title"), anchor=False)
    st.caption(t("overdue_caption", day=formats.day(view.chosen.period.last)))
    theme.show(charts.overdue(ages), "chart_overdue", t("overdue_title"))


def stage_strip(view: View) -> None:
    """Stages and places in colours: a matrix where there is room, a list on a phone."""
    st.subheader(t("strip_title"), anchor=False)
    run = view.run
    rows = view.ask("stages")
    if not rows:
        st.caption(t("strip_none"))
        return
    limits = {
        "yellow": run["yellow_from"],
        "red": run["red_above"],
        "minimum": run["minimum_sample"],
    }
    st.markdown(" ".join(strip.legend(rows, limits)))
    st.caption(t("strip_from_data" if run["standards_from"] == "data" else "strip_caption"))
    judged, rare = strip.judged(rows)
    with st.container(key="strip_matrix"):
        groups = strip.groups(judged)
        # carriers and suppliers have few stages each: side by side
        narrow = [group for group in ("carrier", "supplier") if group in groups]
        for group in (group for group in groups if group not in narrow):
            _matrix(group, groups[group])
        for column, group in zip(st.columns([3, 2][: len(narrow)]) if narrow else [], narrow, strict=True):
            with column:
                _matrix(group, groups[group])
    with st.container(key="strip_list"):
        strip.badges(judged)
    if rare:
        names = ", ".join(dict.fromkeys(stages.name(row["stage"]) for row in rare))
        orders = formats.count(sum(row["suborders"] for row in rare))
        st.caption(t("strip_rare", orders=orders), help=names)


def _matrix(group: str, cells: list[Row]) -> None:
    theme.show(strip.matrix(cells), f"chart_strip_{group}", t(f"strip_{group}"))


def trends(view: View) -> None:
    """By day over the days chosen (at least a month of them), and by month over the whole history."""
    st.subheader(t("trend_title"), anchor=False)
    period, minimum = view.chosen.period, view.run["minimum_sample"]
    by_day, by_month = st.columns([3, 2], gap="medium")
    with by_day:
        st.caption(t("trend_by_day"))
        first = min(
            period.first, max(view.run["first_day"], period.last - timedelta(days=LEAST_TREND_DAYS - 1))
        )
        days = view.ask("trend", grain="day", from_day=first.isoformat())
        theme.show(charts.trend(days, "day", minimum), "chart_trend_day", t("trend_by_day"))
    with by_month:
        st.caption(t("trend_by_month"))
        whole = {"from_day": view.run["first_day"].isoformat(), "to_day": view.run["last_day"].isoformat()}
        months = view.ask("trend", grain="month", **whole)
        theme.show(charts.trend(months, "month", minimum), "chart_trend_month", t("trend_by_month"))


def bridge(view: View) -> None:
    """The waterfall from the ERP's figure to the truth."""
    steps = view.ask("bridge")
    rows = [row for row in steps if not row["is_too_few"]]
    st.subheader(t("bridge_title"), anchor=False)
    said = [
        t("bridge_few", step=t(f"step_{row['step']}"), orders=formats.count(row["denominator"]))
        for row in steps
        if row["is_too_few"]
    ]
    if not rows:
        st.caption(t("gap_between").join(said) or t("bridge_none"))
        return
    st.caption(t("bridge_caption"))
    theme.show(charts.bridge(rows), "chart_bridge", t("bridge_title"))
    said += [t("bridge_from_here")] if rows[0]["step"] == "erp" else []
    st.caption(t("gap_between").join([*said, t("bridge_axis_start", start=charts.bridge_start(rows))]))


def beside(rates: dict[str, Row]) -> None:
    """The rates that stand beside the headline, each with what it is counted over."""
    shown = [name for name in BESIDE if name in rates and rates[name]["value"] is not None]
    st.subheader(t("beside"), anchor=False)
    with st.container(horizontal=True, key="beside"):
        for name in shown:
            row = rates[name]
            with st.container(border=True, width=260, key=f"beside_{name}"):
                value = t("no_rate") if row["is_too_few"] else formats.percent(row["value"])
                st.metric(t(f"metric_{name}"), value, help=row["definition"])
                k, n = formats.count(row["numerator"]), formats.count(row["denominator"])
                st.caption(t(f"of_{row['counted']}", k=k, n=n))
