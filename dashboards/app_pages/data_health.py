"""Can the figures be trusted tonight: what came in, what was refused, what waits in quarantine, what the checks say."""

import streamlit as st

from dashboards.ui import data_health, heartbeats, page

view = page.current()
health = view.ask("health")[0]
sources = view.ask("health_sources")

beats = heartbeats.read(view.settings)

st.header(data_health.sentence(health, sources), anchor=False)

with st.container(border=True):
    data_health.act_on(view, health, sources)

if beats:
    with st.container(border=True):
        heartbeats.show(beats)

arrived, quarantined = st.columns([3, 2], gap="medium")
with arrived.container(border=True, height="stretch"):
    data_health.loads(view)
with quarantined.container(border=True, height="stretch"):
    data_health.reasons(view, health)

with st.container(border=True):
    data_health.sources(sources)

with st.container(border=True):
    data_health.checks(view)

with st.container(border=True, key="quarantine"):
    data_health.quarantine(view, sources)
