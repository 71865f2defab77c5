"""The SQL page's parts: the editor, the answer, and what the published file holds; its chart: sql_chart.py.

What is asked and how it is drawn lives in the address: a pasted link asks again. Nothing can be changed by it, and
the limits hold (published.ask_freely).
"""

import streamlit as st

from dashboards import published
from dashboards.published import Answer
from dashboards.ui import address, downloads, formats, sql_chart
from dashboards.ui.definitions import PLAIN
from dashboards.ui.i18n import has_text, language, t
from dashboards.ui.page import View
from dashboards.ui.questions import questions

LONGEST = 10_000  # characters of a query
ROOM, LESS_ROOM = 240, 120  # pixels of the box, and of one with its answer below, which is to be in sight
KINDS = ("table", "bar", "line")
FIRST_TABLE = "marts.fct_orders"


def editor() -> str | None:
    """A list of questions, the box and its button; what the address asks for, if it asks at all."""
    asked = st.query_params.get("sql")
    known = questions()
    stands = next(iter(known.values())).sql if asked is None else asked.strip()
    by_sql = {question.sql: name for name, question in known.items()}
    st.session_state["sql_question"] = by_sql.get(stands)

    def chosen() -> None:
        if name := st.session_state["sql_question"]:
            _ask(known[name].sql)

    st.selectbox(
        t("sql_questions"),
        list(known),
        format_func=lambda name: known[name].title(language()),
        placeholder=t("sql_questions_choose"),
        key="sql_question",
        on_change=chosen,
    )
    # only when the address has changed: what is being typed stays
    if st.session_state.get("sql_seen") != asked or "sql_text" not in st.session_state:
        st.session_state["sql_seen"] = asked
        st.session_state["sql_text"] = stands
    with st.form("sql_form", border=False):
        st.text_area(
            t("sql_label"), key="sql_text", height=ROOM if asked is None else LESS_ROOM, max_chars=LONGEST
        )
        st.form_submit_button(
            t("sql_run"),
            icon=":material/play_arrow:",
            help=t("sql_run_help"),
            on_click=lambda: _ask(st.session_state["sql_text"].strip()),
        )
    return None if asked is None else stands


def _ask(sql: str) -> None:
    for name in ("sql", "chart", "x", "y", "series"):
        st.query_params.pop(name, None)
    st.query_params["sql"] = sql
    st.session_state.pop("sql_answer", None)


def answer(view: View, sql: str) -> None:
    """What came of it: rows, as table and chart and to take away; or what went wrong."""
    found = _answered(view, sql)
    if found.wrong:
        _wrong(view, found)
        return
    if not found.rows:
        st.info(t("sql_no_rows", columns=", ".join(found.types)), icon=":material/table_rows:")
        return
    rows = formats.count(len(found.rows))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(t("sql_cut" if found.is_cut else "sql_rows", rows=rows), width="content")
        kind = _kind(found)
    if kind != "table":
        with st.container(horizontal=True):
            drawn = sql_chart.columns(found)
        sql_chart.show(found, kind, drawn)
    with st.container(key="sql_rows"):
        st.dataframe(
            found.rows, hide_index=True, height=min(480, 38 + 35 * len(found.rows)), placeholder="null"
        )
    downloads.buttons(found.rows, "query")


def _answered(view: View, sql: str) -> Answer:
    """The answer, kept while the reader looks at it: another chart does not ask again."""
    file = view.settings.published_file
    asked = (published.version(file), sql)
    kept = st.session_state.get("sql_answer")
    if kept is None or kept[0] != asked:
        with st.spinner(t("sql_running")):
            kept = (asked, published.ask_freely(file, sql, view.settings.limits))
        st.session_state["sql_answer"] = kept
    return kept[1]


def _wrong(view: View, found: Answer) -> None:
    limits = view.settings.limits
    key = f"sql_refused_{found.message}" if found.wrong == "refused" else ""
    if not has_text(key):
        key = f"sql_wrong_{found.wrong}"
    said = t(key, kind=found.message, seconds=limits.seconds, megabytes=limits.megabytes)
    st.warning(said, icon=":material/error:")
    if found.wrong == "sql":
        st.code(found.message, language=None, wrap_lines=False)


def _kind(found: Answer) -> str:
    """How it is to be drawn; without a number there is nothing to draw."""
    if not sql_chart.numbers(found):
        return "table"
    asked = st.query_params.get("chart", KINDS[0])
    kind = asked if asked in KINDS else KINDS[0]
    st.segmented_control(
        t("sql_as"),
        KINDS,
        format_func=lambda kind: t(f"sql_as_{kind}"),
        key="sql_chart",
        required=True,
        on_change=address.kept("chart", kind, "sql_chart"),
    )
    return kind


def tables(view: View) -> None:
    """What the file holds: a table, what a row of it is, and its columns."""
    known = {row["name"]: row for row in view.ask("tables")}
    st.subheader(t("sql_tables"), anchor=False)
    start = list(known).index(FIRST_TABLE) if FIRST_TABLE in known else 0
    chosen = st.selectbox(t("sql_table"), list(known), index=start, key="sql_table")
    row = known[chosen]
    if row["about_rows"] is not None:
        st.caption(t("sql_about_rows", rows=formats.count(row["about_rows"])))
    if row["comment"]:
        st.markdown(row["comment"])
    columns = [
        {
            t(
                "sql_column"
            ): f"**{row['column_name'].translate(PLAIN)}**  \n{row['data_type'].translate(PLAIN)}",
            t("sql_meaning"): (row["comment"] or "").translate(PLAIN),
        }
        for row in view.ask("columns", table=chosen)
    ]
    with st.container(key="sql_columns"):  # no dataframe: there, long meanings are cut
        st.table(columns, border="horizontal", hide_index=True, height=480)
