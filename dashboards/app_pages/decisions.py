"""The decision log: where our figures differ from the ERP's or a carrier's own, and the parameters in force."""

import streamlit as st

from dashboards.ui import decisions, page

view = page.current()
log = decisions.entries()
numbers = view.ask("parameters_in_force", last_day=view.run["last_day"].isoformat())

st.header(decisions.sentence(log, numbers), anchor=False)
with st.container(border=True, key="decisions_log"):
    decisions.log(log)
with st.container(border=True):
    decisions.parameters(numbers)
