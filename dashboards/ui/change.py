"""The blocks of the page of a change. What is compared: change_asked.py; its words: change_said.py."""

import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, change_charts, change_said, opens
from dashboards.ui import stages as stage_names
from dashboards.ui.change_asked import BY, Asked
from dashboards.ui.i18n import t


def split(asked: Asked, whole: Row, members: list[Row]) -> None:
    """The waterfall from the rate before to the rate now, and how its parts are to be read."""
    st.subheader(t("change_split_title"), anchor=False)
    st.segmented_control(
        t("change_by"),
        BY,
        format_func=lambda name: t(f"filter_{name}"),
        key="by",
        required=True,
        on_change=address.kept("by", asked.by),
        label_visibility="collapsed",
    )
    if whole["is_too_few"]:
        st.caption(t("change_cannot"))
        return
    st.caption(t("change_split_caption"))
    opens.chart(change_charts.split(asked, whole, members), "chart_change_split", t("change_split_title"))
    st.caption(change_said.proof(whole))
    show = opens.MISSES.get(asked.rate["metric"])
    for period in (asked.before, asked.now) if show else ():
        label = t("change_open_misses", what=t(f"show_{show}"), period=change_said.name(period))
        opens.link(label, show or "", period=period.code)


def stages(asked: Asked, late: Row, rows: list[Row]) -> None:
    """Where the late time of an order changed, by stage and place."""
    st.subheader(t("change_stages_title"), anchor=False)
    if late["is_too_few"] or not rows:
        st.caption(t("change_cannot" if late["is_too_few"] else "act_none"))
        return
    st.caption(t("change_stages_caption"))
    opens.chart(change_charts.stages(asked, late, rows), "chart_change_stages", t("change_stages_title"))
    top = next((row for row in rows if row["places"] == 1), None)
    if top:
        label = t("change_open_lost", stage=stage_names.name(top["stage"]))
        opens.link(label, "lost", stage=top["stage"], at=top["place"])
