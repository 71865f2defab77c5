"""The blocks a page is put together from: a title, a sentence, a chart."""

import streamlit as st

from dashboards.published import Row
from dashboards.ui import charts, compared, formats, opens, overdue, stages
from dashboards.ui.i18n import t
from dashboards.ui.page import View

BESIDE = (
    "promise_kept_rate", "wished_date_hit_rate", "in_full_on_time_rate", "complaint_rate", "pick_error_rate",
    "promised_share", "promise_coverage",
)  # fmt: skip
SHOWN_OWNERS = 5


def headline(view: View, rates: dict[str, Row], parts: list[Row]) -> None:
    """True on-time with its interval, the ERP's figure, the gap between them, and what is overdue."""
    ours, erp = rates["true_on_time_rate"], rates.get("erp_on_time_rate")
    boxes = st.columns([5, 4, 5, 4], gap="small")
    with boxes[0].container(border=True, height="stretch", key="headline_true"):
        _rate("true_on_time_rate", ours)
        compared.line(view, ours)
        late = ours["denominator"] - ours["numerator"]
        if late:
            opens.link(t("open_late", orders=formats.count(late)), "late")
    with boxes[1].container(border=True, height="stretch", key="headline_erp"):
        if erp is None:
            st.metric(t("headline_erp"), t("no_rate"))
            st.caption(t("erp_absent"))
        else:
            _rate("erp_on_time_rate", erp)
            compared.line(view, erp)
            if erp["denominator"]:
                opens.link(t("open_erp", orders=formats.count(erp["denominator"])), "step", step="erp")
    with boxes[2].container(border=True, height="stretch", key="headline_gap"):
        _gap(view, ours, erp)
    with boxes[3].container(border=True, height="stretch", key="headline_overdue"):
        orders, moving = sum(row["orders"] for row in parts), overdue.moving(parts)
        st.metric(t("headline_overdue"), formats.count(orders))
        oldest = max((row["oldest_days"] for row in parts if row["oldest_days"] is not None), default=None)
        st.caption(t("nothing_overdue") if oldest is None else t("oldest", days=formats.count(oldest)))
        if moving and overdue.is_now(view):
            opens.link(t("open_moving", orders=formats.count(moving)), "overdue", part="moving")
        if orders:
            opens.link(t("open_overdue", orders=formats.count(orders)), "overdue")
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
    both = [100 * ours["value"], -100 * erp["value"]]
    st.metric(t("headline_gap"), t("gap_points", points=formats.points(sum(both))))
    late = view.ask("late_to_customer")[0]
    orders, of = formats.count(late["late_though_erp_on_time"]), formats.count(late["late_orders"])
    st.caption(t("gap_orders", orders=orders, of=of))
    if late["late_though_erp_on_time"]:
        opens.link(t("open_late_erp", orders=orders), "late_erp")
    if not formats.adds_up(sum(both), both, 1):
        st.caption(t("unrounded"))


def owners(view: View, rows: list[Row]) -> None:
    """What to act on first, and the stage-and-place pairs that own most late time; the rest is said below."""
    st.subheader(t("act_title"), anchor=False)
    held = [row for row in rows if row["place"] is not None]
    if not rows:
        st.caption(t("act_none"))
        return
    shown = held[:SHOWN_OWNERS]
    if shown:
        st.markdown(_first(view, shown[0]))
    st.caption(t("act_caption"))
    if shown:
        opens.chart(charts.lateness(shown), "chart_lateness", t("act_title"))
    rest = sum(row["share"] for row in held[SHOWN_OWNERS:])
    tight = sum(row["share"] for row in rows if row["place"] is None)
    said = [t("act_rest", share=formats.share(rest))] if rest else []
    said += [t("act_tight", share=formats.share(tight))] if tight else []
    said += [t("act_sent_again")] if any(row["stage"] == stages.SENT_AGAIN for row in shown) else []
    st.caption(t("gap_between").join(said))
    with st.expander(t("open_lists"), key="open_owners"):
        for row in shown:
            label = t("open_lost", name=stages.at(row), orders=formats.count(row["orders"]))
            opens.link(label, "lost", stage=row["stage"], at=row["place"])
        tight_orders = sum(row["orders"] for row in rows if row["place"] is None)
        if tight_orders:
            name = stages.name("promise_too_tight")
            opens.link(
                t("open_lost", name=name, orders=formats.count(tight_orders)),
                "lost",
                stage="promise_too_tight",
            )


def _first(view: View, row: Row) -> str:
    """Where to begin: what the first owner touches, and what stands there now."""
    of = view.ask("late_to_customer")[0]["late_orders"]
    if row["stage"] == stages.SENT_AGAIN:
        names = t("list_joint").join(row["carriers"][:3])
        key = "act_first_sent_again" if names else "act_first_sent_again_alone"
        return t(key, orders=formats.count(row["orders"]), of=formats.count(of), names=names)
    words = {"name": stages.at(row), "orders": formats.count(row["orders"]), "of": formats.count(of)}
    here = (row["stage"], row["place"])
    stuck = sum(cell["open_overdue"] for cell in view.ask("stages") if (cell["stage"], cell["place"]) == here)
    if not stuck:
        return t("act_first", **words)
    key = "act_first_stuck" if overdue.is_now(view) else "act_first_stuck_past"
    return t("act_first", **words) + t("gap_between") + t(key, stuck=formats.count(stuck))


def bridge(view: View, rates: dict[str, Row]) -> None:
    """The waterfall from the ERP's figure to the truth, with the headline beside it."""
    steps = view.ask("bridge")
    rows = [row for row in steps if not row["is_too_few"]]
    st.subheader(t("bridge_title"), anchor=False)
    said = [
        t("bridge_few", step=t(f"step_{row['step']}"), orders=formats.count(row["denominator"]))
        for row in steps
        if row["is_too_few"]
    ]
    if not rows:
        due = max((row["denominator"] for row in steps), default=0)
        st.caption(t("bridge_too_few", orders=formats.count(due)) if due else t("bridge_none"))
        return
    st.caption(t("bridge_caption"))
    headline = rates["true_on_time_rate"]
    opens.chart(charts.bridge(rows, headline), "chart_bridge", t("bridge_title"))
    kept = next((row for row in rows if row["step"] == charts.KEPT), None)
    if kept and not headline["is_too_few"]:
        st.markdown(_headline_and_kept(view, kept, headline))
    with st.expander(t("open_lists"), key="open_steps"):
        for row in (row for row in rows if row["orders"]):
            label = t("open_step", step=t(f"step_{row['step']}"), orders=formats.count(row["orders"]))
            opens.link(label, "step", step=row["step"])
    said += [t("bridge_from_here")] if rows[0]["step"] == "erp" else []
    st.caption(t("gap_between").join([*said, t("bridge_axis_start", start=charts.bridge_start(rows))]))


def _headline_and_kept(view: View, kept: Row, headline: Row) -> str:
    """Why the bridge does not end at the headline's figure."""
    return t(
        "bridge_headline",
        step=t(f"step_{kept['step']}"),
        kept=formats.percent(kept["rate"]),
        due=formats.count(kept["denominator"]),
        unsigned=formats.count(view.ask("due_unsigned")[0]["orders"]),
        headline=formats.percent(headline["value"]),
        signed=formats.count(headline["denominator"]),
    )


def beside(rates: dict[str, Row]) -> None:
    """The rates that stand beside the headline, each with what it is counted over."""
    shown = [name for name in BESIDE if name in rates and rates[name]["value"] is not None]
    st.subheader(t("beside"), anchor=False)
    with st.container(horizontal=True, key="beside"):
        for name in shown:
            row = rates[name]
            with st.container(border=True, width=260, height="stretch", key=f"beside_{name}"):
                value = t("no_rate") if row["is_too_few"] else formats.percent(row["value"])
                st.metric(t(f"metric_{name}"), value, help=row["definition"])
                k, n = formats.count(row["numerator"]), formats.count(row["denominator"])
                st.caption(t(f"of_{row['counted']}", k=k, n=n))
                show, orders = opens.MISSES.get(name), opens.misses(row)
                if show and orders:
                    opens.link(t(f"open_{show}", orders=formats.count(orders)), show)
