"""A rate against the period before, in one line: how far it moved, whether that can be chance, and the way to why."""

import streamlit as st

from dashboards.published import Row
from dashboards.ui import change_said, formats, navigation, periods
from dashboards.ui.i18n import t
from dashboards.ui.page import View

PAGE = "change"


def line(view: View, rate: Row) -> None:
    """`▲ +0.8 points on December`; nothing where there is no period before, or too few orders in one of the two."""
    now, run = view.chosen.period, view.run
    before = periods.before(now)
    if before.last < run["first_day"] or rate["is_too_few"]:
        return
    whole = view.ask(
        "change",
        before_from=before.first.isoformat(),
        before_to=before.last.isoformat(),
        numerator=rate["numerator_column"],
        denominator=rate["denominator_column"],
        by="place",
    )[0]
    if whole["is_too_few"]:
        return
    st.page_link(
        navigation.page(PAGE),
        label=said(whole, change_said.name(before)),
        query_params=navigation.shared(period=now.code, before=before.code, metric=rate["metric"]),
    )


def said(whole: Row, before: str) -> str:
    """Markdown: grey where it cannot be told from chance; else the sign, and a word for it."""
    points = formats.points(100 * whole["difference"])
    if whole["low"] <= 0 <= whole["high"]:
        return f":gray[{t('compared_noise', points=points, before=before)}]"
    is_up = whole["difference"] > 0
    words = t("compared_rose" if is_up else "compared_fell", points=points, before=before)
    return f":{'green' if is_up else 'red'}[{words}]"
