"""Late scans change yesterday: each rate by day as first published and as known now, and what moved it."""

import streamlit as st

from dashboards.ui import page, restatement

view = page.current()
metric = restatement.metric(view)
days = view.ask("restated_days", metric=metric["metric"], by_order=metric["is_by_order"])

st.header(restatement.sentence(view, metric, days), anchor=False)
st.caption(restatement.how_known(view, metric, days))

with st.container(border=True):
    restatement.comparison(view, metric, days)

with st.container(border=True, key="restated_events"):
    restatement.events(view, metric, days)
