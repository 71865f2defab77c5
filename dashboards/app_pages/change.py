"""Why a rate differs between two periods: another mix of orders, or another rate; and in which stages time was lost."""

import streamlit as st

from dashboards.ui import change, change_asked, change_charts, change_said, page
from dashboards.ui.i18n import t

view = page.current()
asked = change_asked.controls(view)
if asked is None:
    st.info(t("change_no_metric"), icon=":material/search_off:")
    st.stop()

whole, *members = view.ask("change", **asked.values(), by=asked.by)
late, *stages = view.ask("change_stages", **asked.values(), shown=change_charts.SHOWN)

st.header(change_said.split(view, asked, whole, members), anchor=False)
st.subheader(change_said.stages(late, stages), anchor=False)
if beside := change_said.beside(view, asked, whole):
    st.caption(beside)

split, lost = st.columns([3, 2], gap="medium")
with split.container(border=True, height="stretch"):
    change.split(asked, whole, members)
with lost.container(
    border=True, height="stretch", key="change_few" if whole["is_too_few"] else "change_lost"
):
    change.stages(asked, late, stages)

if not whole["is_too_few"]:
    with st.container(border=True):
        change_charts.table(asked, whole, members)
