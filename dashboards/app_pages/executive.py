"""What customers saw: the verdict, what to act on, and how the ERP's figure comes apart."""

import streamlit as st

from dashboards.ui import figures, overdue, page, strip, trend, verdict

view = page.current()
rates = {row["metric"]: row for row in view.ask("rates")}
owners = view.ask("lateness")
parts = view.ask("overdue_parts")

st.header(verdict.sentence(view.chosen, view.run, rates, owners, parts), anchor=False)
figures.headline(view, rates, parts)

act, open_now = st.columns([3, 2], gap="medium")
with act.container(border=True, height="stretch"):
    figures.owners(view, owners)
with open_now.container(border=True, height="stretch"):
    overdue.show(view, parts, view.ask("overdue"))

with st.container(border=True):
    strip.show(view)

with st.container(border=True):
    trend.trends(view)

with st.container(border=True):
    figures.bridge(view, rates)

figures.beside(rates)
