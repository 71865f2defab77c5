"""The SQL page's parts: the editor, the answer, its chart, and what the published file holds.

What is asked and how it is drawn lives in the address: a pasted link asks again. Nothing can be changed by it, and
the limits hold (published.ask_freely).
"""

import plotly.graph_objects as go
import streamlit as st

from dashboards import published
from dashboards.published import Answer
from dashboards.ui import address, downloads, formats, theme
from dashboards.ui.i18n import has_text, language, t
from dashboards.ui.page import View
from dashboards.ui.questions import questions

LONGEST = 10_000  # characters of a query
BARS = 30
LABEL = 22
KINDS = ("table", "bar", "line")
NUMBERS = ("INT", "UINT", "BIGINT", "UBIGINT", "HUGEINT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "DECIMAL")
FIRST_TABLE = "marts.fct_orders"


def editor() -> str:
    """A list of questions, the box and its button; what the address asks for."""
    asked = st.query_params.get("sql", "").strip()
    known = questions()
    by_sql = {question.sql: name for name, question in known.items()}
    st.session_state["sql_question"] = by_sql.get(asked)

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
        st.session_state["sql_text"] = asked or next(iter(known.values())).sql
    with st.form("sql_form", border=False):
        st.text_area(t("sql_label"), key="sql_text", height=240, max_chars=LONGEST)
        st.form_submit_button(
            t("sql_run"),
            icon=":material/play_arrow:",
            help=t("sql_run_help"),
            on_click=lambda: _ask(st.session_state["sql_text"].strip()),
        )
    return asked


def _ask(sql: str) -> None:
    for name in ("sql", "chart", "x", "y"):
        st.query_params.pop(name, None)
    if sql:
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
    st.markdown(t("sql_cut" if found.is_cut else "sql_rows", rows=rows))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind(found)
        axes = _axes(found) if kind != "table" else None
    if axes:
        _chart(found, kind, *axes)
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
    if not _numbers(found):
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


def _numbers(found: Answer) -> list[str]:
    return [name for name, kind in found.types.items() if kind.split("(")[0] in (*NUMBERS, "INTEGER")]


def _axes(found: Answer) -> tuple[str, str]:
    """Which columns are drawn: one along the axis, one measured."""
    numbers = _numbers(found)
    words = [name for name in found.types if name not in numbers] or list(found.types)
    x = _column("x", t("sql_along"), list(found.types), words[0])
    return x, _column("y", t("sql_measured"), numbers, numbers[-1])


def _column(name: str, label: str, choices: list[str], default: str) -> str:
    """A list to choose a column from, kept in the address."""
    asked = st.query_params.get(name, default)
    chosen, key = asked if asked in choices else default, f"sql_{name}"
    st.selectbox(label, choices, key=key, on_change=address.kept(name, chosen, key), width=200)
    return chosen


def _chart(found: Answer, kind: str, x: str, y: str) -> None:
    rows = found.rows[:BARS] if kind == "bar" else found.rows
    if len(rows) < len(found.rows):
        st.caption(t("sql_first_bars", bars=BARS))
    drawn = bars(rows, x, y) if kind == "bar" else line(rows, x, y)
    theme.show(drawn, "chart_sql", t("sql_chart_alt", x=x, y=y))


def bars(rows: list[published.Row], x: str, y: str) -> go.Figure:
    """One bar a row, in the answer's order; rows that are called the same stay apart."""
    drawn = theme.figure(max(180, 90 + 26 * len(rows)))
    values = [None if row[y] is None else float(row[y]) for row in rows]
    names = ["–" if row[x] is None else str(row[x]) for row in rows]
    drawn.add_bar(
        y=list(range(len(rows))),
        x=values,
        orientation="h",
        marker={"color": theme.palette().ours},
        customdata=names,
        hovertemplate="%{customdata}<br>%{x:,}<extra></extra>",
    )
    short = [name if len(name) <= LABEL else name[: LABEL - 1] + "…" for name in names]
    drawn.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=short, autorange="reversed", title={"text": x}
    )
    drawn.update_xaxes(title={"text": titled(y)}, nticks=6, rangemode="tozero")
    return drawn


def line(rows: list[published.Row], x: str, y: str) -> go.Figure:
    """A line through the rows, in the answer's order."""
    drawn = theme.figure(340)
    drawn.add_scatter(
        x=[row[x] for row in rows],
        y=[None if row[y] is None else float(row[y]) for row in rows],
        mode="lines+markers",
        line={"color": theme.palette().ours},
        hovertemplate="%{x}<br>%{y:,}<extra></extra>",
    )
    drawn.update_xaxes(title={"text": titled(x)}, nticks=5, tickangle=0)
    drawn.update_yaxes(title={"text": titled(y)})
    return drawn


def titled(column: str) -> str:
    """A column's name with the unit that its last word tells: `late_percent (%)`."""
    key = f"sql_unit_{column.rsplit('_', 1)[-1]}"
    return f"{column} ({t(key)})" if has_text(key) else column


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
    with st.container(key="sql_columns"):
        st.dataframe(
            view.ask("columns", table=chosen),
            hide_index=True,
            height=480,
            placeholder="",
            column_config={
                "column_name": st.column_config.TextColumn(t("sql_column"), pinned=True),
                "data_type": st.column_config.TextColumn(t("sql_type")),
                "comment": st.column_config.TextColumn(t("sql_meaning"), width="large"),
            },
        )
