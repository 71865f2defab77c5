"""Stock of right now by product and place: what is oversold and lies free elsewhere, and every figure with its age."""

import streamlit as st

from dashboards.ui import downloads, page, stock
from dashboards.ui.i18n import t

view = page.current()
if view.run["old_after_seconds"] is None:  # the night's file does not say yet when a figure is old
    st.info(t("published_outdated"), icon=":material/update:")
    st.stop()

is_there = stock.is_there(view)
stock.now(view, is_there)

if is_there:
    with st.container(border=True):
        # out of what renews itself: it keeps what is being typed
        word = stock.search()
        stock.figures(view, word)
        downloads.buttons(lambda: stock.everything(view, word), "stock")

    stock.sources(view)
