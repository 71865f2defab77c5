"""What customers saw: the verdict, what to act on, and how the ERP's figure comes apart."""

import streamlit as st

from dashboards.ui import figures, page, strip, trend, verdict

view = page.current()
rates = {row["metric"]: row for row in view.ask("rates")}
owners = view.ask("lateness")
ages = view.ask("overdue")
overdue = sum(row["orders"] for row in ages)

st.header(verdict.sentence(view.chosen, view.run, rates, owners, overdue), anchor=False)
figures.headline(view, rates, ages)

act, open_now = st.columns([3, 2], gap="medium")
with act.container(border=True, height="stretch"):
    figures.owners(view, owners)
with open_now.container(border=True, height="stretch"):
    figures.overdue(view, ages)

with st.container(border=True):
    strip.show(view)

with st.container(border=True):
    trend.trends(view)

with st.container(border=True):
    figures.bridge(view)

figures.beside(rates)
