"""Places and carriers on comparable work: each against what the others reached on the lanes they share."""

import streamlit as st

from dashboards.ui import page, scorecards

view = page.current()
rows = {by: view.ask("scorecards", by=by) for by in scorecards.SIDES}

st.header(scorecards.sentence(view, rows), anchor=False)
scorecards.how(view)
sides = st.columns(2, gap="medium")
for side, by in zip(sides, scorecards.SIDES, strict=True):
    with side.container(border=True, height="stretch"):
        scorecards.picture(by, rows[by])
for by in scorecards.SIDES:
    with st.container(border=True, key="scorecards_last" if by == scorecards.SIDES[-1] else None):
        scorecards.table(by, rows[by])
