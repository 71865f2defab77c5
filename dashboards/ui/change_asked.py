"""What is compared: the address's period before, rate and split, and the widgets that choose them."""

from dataclasses import dataclass

import streamlit as st

from dashboards.published import Row, Value
from dashboards.ui import address, formats, opens, periods
from dashboards.ui.i18n import t
from dashboards.ui.page import View
from dashboards.ui.periods import Period

BY = ("place", "carrier", "order_type")


@dataclass(frozen=True)
class Asked:
    """What is compared: `before` with `now`, a rate (its row of the rates query), added up `by`."""

    before: Period
    now: Period
    rate: Row
    by: str

    def values(self) -> dict[str, Value]:
        """What the queries are bound to, beside what is shared."""
        return {
            "before_from": self.before.first.isoformat(),
            "before_to": self.before.last.isoformat(),
            "numerator": self.rate["numerator_column"],
            "denominator": self.rate["denominator_column"],
        }

    def opens(self, period: Period, code: str | None = None) -> str | None:
        """Where a figure leads: the misses of a period, of one place, carrier or type."""
        show = opens.MISSES.get(self.rate["metric"])
        if show is None or code == "unknown":
            return None
        return opens.target(show, period=period.code, **({self.by: code} if code else {}))


def controls(view: View) -> Asked | None:
    """The rate and the period before, from the address and back to it; None where there is no rate at all."""
    rates = {row["metric"]: row for row in view.ask("rates")}
    if not rates:
        return None
    now, run = view.chosen.period, view.run
    code, metric = st.query_params.get("before"), st.query_params.get("metric")
    before = periods.parse(code, run["first_day"], run["last_day"]) if code else None
    with st.container(horizontal=True, vertical_alignment="bottom", key="change_controls"):
        picked = _metric(rates, metric)
        _before(view, before or periods.before(now))
    wrong = [code] if code and before is None else []
    wrong += [metric] if metric and metric not in rates else []
    if wrong:
        st.warning(t("unknown_choice", names=", ".join(wrong)), icon=":material/link_off:")
    by = st.query_params.get("by", BY[0])
    return Asked(before or periods.before(now), now, rates[picked], by if by in BY else BY[0])


def _metric(rates: dict[str, Row], asked: str | None) -> str:
    picked = (
        asked if asked in rates else next(iter(sorted(rates, key=lambda name: name != "true_on_time_rate")))
    )
    st.selectbox(
        t("change_metric"),
        list(rates),
        format_func=lambda name: t(f"metric_{name}"),
        key="metric",
        on_change=address.kept("metric", picked),
        width=230,
        help=rates[picked]["definition"],
    )
    return picked


def _before(view: View, before: Period) -> None:
    labels = {f"{row['month']:%Y-%m}": formats.month(row["month"]) for row in view.ask("months")}
    address.period("before", t("change_before"), labels, view.run, before)
