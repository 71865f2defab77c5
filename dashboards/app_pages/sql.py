"""SQL over the published file, read-only: questions to start from, the answer as table and chart, what there is."""

import streamlit as st

from dashboards.ui import page, sql
from dashboards.ui.i18n import t

view = page.current()
limits = view.settings.limits

st.header(t("sql_head"), anchor=False)
st.caption(
    t(
        "sql_limits",
        seconds=limits.seconds,
        megabytes=limits.megabytes,
        rows=f"{limits.rows:,}",
        zone=view.run["timezone"],
    )
)

left, right = st.columns([3, 2], gap="medium")
with left.container(border=True):
    asked = sql.editor()
    if asked is None:
        st.caption(t("sql_start"))
    else:
        sql.answer(view, asked)
with right.container(border=True):
    sql.tables(view)
