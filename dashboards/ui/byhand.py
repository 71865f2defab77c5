"""The blocks of the by-hand page: giving a sheet, what became of it, the log. The queue is in byhand_queue.py."""

import re
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import streamlit as st

from dashboards import oidc
from dashboards.byhand import channel, sheet
from dashboards.byhand.journal import Entry, Inbox, Known
from dashboards.ui import downloads, formats, sign_in, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View
from dashboards.ui.verdict import DOLLAR as PLAIN

OUTCOMES = ("taken", "queued", "rejected")
SIGNS = {"taken": "✓", "queued": "△", "rejected": "▲"}
SHOWN = 200
MOST_LINES = 6
TALLEST = 420


def sentence(known: Known) -> str:
    """What is to be done, and what became of all that was given."""
    if not known.uploads:
        return t("byhand_nothing")
    counts = Counter(row["outcome"] for row in known.rows.values())
    key = {0: "byhand_none_waiting", 1: "byhand_waiting_one"}.get(counts["queued"], "byhand_waiting")
    waiting = t(key, rows=formats.count(counts["queued"]))
    done = t(
        "byhand_so_far", taken=formats.count(counts["taken"]), rejected=formats.count(counts["rejected"])
    )
    return waiting + t("joined") + done + t("stop")


def now(view: View) -> datetime:
    """The company's wall clock; of a history that has ended its last moment."""
    if not view.run["has_clock"]:
        return view.run["as_of_local"]
    return datetime.now(ZoneInfo(view.run["timezone"])).replace(tzinfo=None)


def who() -> str:
    """Who is at work, for the journal: the address they signed in with, else this machine."""
    return sign_in.name() if oidc.load() else "local"


def give(view: View, inbox: Inbox) -> None:
    """The empty sheet to start from, and the place to give a filled one."""
    st.subheader(t("byhand_give"), anchor=False)
    st.caption(t("byhand_give_caption", rows=f"{sheet.MOST_ROWS:,}", megabytes=sheet.LARGEST // 2**20))
    with st.container(horizontal=True, key="byhand_templates"):
        for kind, made, mime in (
            ("xlsx", sheet.template_workbook, downloads.WORKBOOK),
            ("csv", sheet.template_csv, "text/csv"),
        ):
            st.download_button(
                t(f"byhand_template_{kind}"),
                data=made,
                file_name=f"true-on-time_template.{kind}",
                mime=mime,
                key=f"byhand_template_{kind}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )
    with st.form("byhand_form", border=False, clear_on_submit=True):
        given = st.file_uploader(
            t("byhand_file"),
            type=["csv", "txt", "xlsx"],
            key="byhand_file",
            max_upload_size=sheet.LARGEST // 2**20,
        )
        pressed = st.form_submit_button(t("byhand_take_in"), icon=":material/upload:", type="primary")
    if pressed:
        st.session_state.pop("byhand_refused", None)
        if given is not None:
            _take_in(view, inbox, given.name, given.getvalue())
        st.rerun()
    if refused := st.session_state.get("byhand_refused"):
        key, values = refused
        st.error(t(key, **values), icon=":material/block:")


def _take_in(view: View, inbox: Inbox, name: str, content: bytes) -> None:
    try:
        with st.spinner(t("byhand_matching")):
            number = channel.upload(inbox, view.ask, name, content, who(), now(view))
    except sheet.RefusedError as refused:
        st.session_state["byhand_refused"] = (refused.key, refused.values)
    else:
        st.query_params["upload"] = number


def became(known: Known) -> None:
    """The rows of one sheet as they stand now: a picture, and what is to be corrected."""
    st.subheader(t("byhand_became"), anchor=False)
    if not known.uploads:
        st.caption(t("byhand_no_sheet"))
        return
    upload = _chosen(known)
    lines = known.lines(upload)
    counts = Counter(line["outcome"] for line in lines)
    theme.show(picture(counts), "chart_byhand", _alt(counts, len(lines)))
    again = sum(
        1
        for entry in known.entries
        if entry["entry"] == "line" and entry["upload"] == upload and entry.get("is_known")
    )
    st.caption(_alt(counts, len(lines)) + (t("byhand_known", rows=formats.count(again)) if again else ""))
    if rejected := [line for line in lines if line["outcome"] == "rejected"]:
        _rejected(rejected)
    elif not counts["queued"]:
        st.success(t("byhand_all_taken"), icon=":material/check:")


def _chosen(known: Known) -> str:
    """One of the sheets, the last one at first; it stands in the address."""
    listed = list(known.uploads)[::-1]
    asked = st.query_params.get("upload", "")
    st.session_state["upload"] = asked if asked in known.uploads else listed[0]

    def changed() -> None:
        st.query_params["upload"] = st.session_state["upload"]

    def named(upload: str) -> str:
        said = known.uploads[upload]
        return f"{said['file']} · {said['at'][:16].replace('T', ' ')} UTC"

    return st.selectbox(t("byhand_sheet"), listed, format_func=named, key="upload", on_change=changed)


def _alt(counts: Counter, lines: int) -> str:
    return t(
        "byhand_adds_up",
        lines=formats.count(lines),
        **{name: formats.count(counts[name]) for name in OUTCOMES},
    )


def picture(counts: Counter) -> go.Figure:
    """How many rows were taken, wait, were rejected."""
    colours = theme.palette()
    chart = theme.figure(190)
    chart.add_bar(
        orientation="h",
        y=[f"{SIGNS[name]} {t(f'byhand_{name}')}" for name in OUTCOMES],
        x=[counts[name] for name in OUTCOMES],
        marker={"color": [colours.gain, colours.erp, colours.loss]},
        width=0.6,
        text=[formats.count(counts[name]) for name in OUTCOMES],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    most = max(1, *counts.values())
    chart.update_xaxes(
        title_text=t("byhand_rows_axis"), range=[0, 1.25 * most], nticks=4, tickangle=0, tickformat=",d"
    )
    return chart


def _rejected(lines: list[Entry]) -> None:
    """Which row and column, what stands there, and what to do."""
    st.caption(t("byhand_rejected_caption"))
    with st.container(key="byhand_rejected"):
        for line in lines[:MOST_LINES]:
            st.markdown(_rejected_line(line))
        if len(lines) > MOST_LINES:
            with st.expander(t("byhand_more", count=len(lines) - MOST_LINES)):
                for line in lines[MOST_LINES:]:
                    st.markdown(_rejected_line(line))


def _rejected_line(line: Entry) -> str:
    where = t("byhand_at_line", line=line["line"])
    if line.get("column"):
        where += f" · {sheet.HEADS[line['column']]}"
    column = line.get("column") or "number"
    seen = line["typed"] if column == "number" else line.get(column) or line["typed"]
    why = t(f"byhand_reason_{line['reason']}", first=line.get("first", ""))
    return f":red-badge[▲ {where}] {plain(seen)}  \n{why}"


def plain(text: str) -> str:
    """What somebody typed, so that no character of it means anything to the page."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def log(known: Known) -> None:
    """Every decision, the newest first: who, when, what was typed, what was taken, and why."""
    st.subheader(t("byhand_log"), anchor=False)
    listed = [
        _logged(entry, known)
        for entry in known.entries[::-1]
        if entry["entry"] in ("row", "decision", "refused")
    ]
    if not listed:
        st.caption(t("byhand_log_empty"))
        return
    st.caption(
        t("byhand_log_caption", shown=formats.count(min(SHOWN, len(listed))), rows=formats.count(len(listed)))
    )
    titles = {name: t(f"byhand_col_{name}") for name in listed[0]}
    wide = {"waybill": 160, "typed": 160, "why": 560}
    with st.container(key="byhand_log_table"):
        st.dataframe(
            listed[:SHOWN],
            column_config={
                name: st.column_config.Column(title, width=wide.get(name)) for name, title in titles.items()
            },
            hide_index=True,
            height=min(TALLEST, 38 + 35 * len(listed)),
            placeholder="",
        )
    downloads.buttons(
        lambda: [{titles[name]: value for name, value in row.items()} for row in listed], "byhand-log"
    )


def _logged(entry: Entry, known: Known) -> dict[str, Any]:
    first = known.rows.get(entry.get("row_id", ""), {})
    refused = entry["entry"] == "refused"
    reason = (
        t(entry["reason"], **entry["values"])
        if refused
        else t(f"byhand_reason_{entry['reason']}", first=first.get("line", ""))
    )
    likelihood = entry.get("likelihood")
    return {
        "at": entry["at"][:19].replace("T", " "),
        "who": entry["who"],
        "file": first.get("file") or entry.get("file", ""),
        "line": first.get("line"),
        "typed": first.get("typed", ""),
        "outcome": f"{SIGNS['rejected']} {t('byhand_file_refused')}"
        if refused
        else f"{SIGNS[entry['outcome']]} {t('byhand_' + entry['outcome'])}",
        "waybill": entry.get("waybill", ""),
        "suborder": entry.get("fulfilment_code", ""),
        "likely": formats.percent(likelihood) if likelihood is not None else "",
        "why": reason.translate(PLAIN),
    }
