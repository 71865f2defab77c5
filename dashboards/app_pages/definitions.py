"""What every figure, table and column means, read from the warehouse's own comments and the catalogue."""

import streamlit as st

from dashboards.ui import definitions, page

view = page.current()
word = definitions.search()
figures = view.ask("definitions_figures", word=word)
columns = view.ask("definitions_columns", word=word)

st.header(definitions.sentence(word, figures, columns), anchor=False)
if figures:
    with st.container(border=True, key="definitions_figures"):
        definitions.figures(view, figures)
if columns:
    with st.container(border=True, key="definitions_tables"):
        definitions.tables(columns, is_open=bool(word))
