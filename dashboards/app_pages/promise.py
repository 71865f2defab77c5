"""Does the promise hold: coverage by lane, the buffer over time, and what other percentiles would give."""

import streamlit as st

from dashboards.ui import page, promise

view = page.current()
sources = view.ask("promise_sources")
coverage = view.ask("promise_coverage")

if not any(row["promise_source"] == "computed" for row in sources):
    promise.without_buffers(view, sources)
else:
    st.header(promise.sentence(view, coverage), anchor=False)
    promise.missed(view)
    promise.others(sources)
    tried, sized = st.columns(2, gap="medium")
    with tried.container(border=True, height="stretch"):
        promise.levels(view)
    with sized.container(border=True, height="stretch"):
        promise.buffers(view)
    with st.container(border=True):
        promise.lanes(view, coverage)
