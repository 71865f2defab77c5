"""Stages and places week by week: which are too slow now, since when, and what is stuck in them."""

import streamlit as st

from dashboards.ui import downloads, heat, heat_said, page
from dashboards.ui.i18n import t

view = page.current()
weeks = heat_said.weeks(view)
rows = view.ask("stage_weeks", to_day=weeks[-1].last.isoformat(), weeks=heat_said.WEEKS)
if not rows:
    st.info(t("strip_none"), icon=":material/search_off:")
    st.stop()

now = heat_said.now(rows, weeks)
st.header(heat_said.sentence(rows, now, weeks, view.run), anchor=False)

with st.container(border=True):
    group = heat.controls(rows, now)
    shown, judged = ([row for row in found if row["part"] == group] for found in (rows, now))
    heat.links(judged, shown, weeks[-1])
    heat.pictures(view, shown, judged, weeks)

with st.container(border=True):
    heat.table(shown, weeks[-1])
    st.caption(t("heat_download"))
    downloads.buttons(rows, "stages")
