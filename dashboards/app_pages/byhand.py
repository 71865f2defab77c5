"""Sheets typed by hand: what came of the last one, the rows that wait for a person, and the log of who decided what."""

import streamlit as st

from dashboards.byhand.journal import Inbox
from dashboards.ui import byhand, byhand_queue, page

view = page.current()
if view.settings.byhand:  # without the switch there is no such page
    inbox = Inbox(view.settings.byhand)
    known = inbox.read()

    st.header(byhand.sentence(known), anchor=False)
    asks_first = bool(known.queue())
    if asks_first:  # what somebody must do comes before what became of the rest
        byhand_queue.queue(view, inbox, known)
    given, became = st.columns(2, gap="medium")
    with given.container(border=True, height="stretch"):
        byhand.give(view, inbox)
    with became.container(border=True, height="stretch"):
        byhand.became(known)
    if not asks_first:
        byhand_queue.queue(view, inbox, known)
    with st.container(border=True, key="byhand_log"):
        byhand.log(known)
