"""The blocks of data health. Not here: the charts of it (health_charts.py)."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, downloads, formats, health_charts, tables, theme
from dashboards.ui.i18n import language, t
from dashboards.ui.orders import CLOCK
from dashboards.ui.page import View
from dashboards.ui.verdict import DOLLAR as PLAIN

SHOWN = 200
DOWNLOADED = 100_000
TALLEST = 420
MOST_LINES = 8
KINDS = ("missing", "time", "code", "broken", "value", "other")


def sentence(health: Row, rows: list[Row]) -> str:
    """What came, what did not, and whether the checks held; a part that is in order says so."""
    silent = [row["name"] for row in rows if row["is_silent"]]
    tables = {"tables": formats.count(len(rows)), "silent": formats.count(len(silent))}
    parts = [t("health_silent" if silent else "health_all_came", **tables)]
    refused = health["refused_files"]
    parts.append(t("health_refused" if refused else "health_none_refused", files=formats.count(refused)))
    parts.append(
        t(
            "health_quarantined",
            rows=formats.count(health["rows_quarantined"] or 0),
            of=formats.count(health["rows_read"] or 0),
        )
    )
    key = "health_passed" if health["checks"] else "health_unchecked"
    if health["failed"]:
        key = "health_failed" if health["blocking"] else "health_warned"
    parts.append(t(key, failed=formats.count(health["failed"]), checks=formats.count(health["checks"])))
    return t("joined").join(parts) + t("stop")


def act_on(view: View, health: Row, rows: list[Row]) -> None:
    """What somebody must do something about: refused files, silent tables, checks that failed."""
    st.subheader(t("health_act"), anchor=False)
    refused = view.ask("health_refused")
    # that a file was refused is said by the file itself
    failed = [
        row for row in view.ask("health_failed") if row["expectation"] != "no_file_refused" or not refused
    ]
    silent = [row for row in rows if row["is_silent"]]
    if not (refused or failed or silent):
        st.caption(t("health_nothing" if health["checks"] else "health_nothing_unchecked"))
    lines = [*map(_silent, silent), *map(_refused, refused), *map(_failed, failed)]
    for line in lines[:MOST_LINES]:
        st.markdown(line)
    if len(lines) > MOST_LINES:
        with st.expander(t("health_more", count=len(lines) - MOST_LINES)):
            for line in lines[MOST_LINES:]:
                st.markdown(line)


def _silent(row: Row) -> str:
    since = formats.span(row["silent_minutes"])
    return f":red-badge[▲ {t('health_is_silent')}] **{row['name']}** · {t('health_since', since=since)}"


def _refused(row: Row) -> str:
    said = t("gap_between").join(f"{part}{t('stop')}" for part in (row["reason"], row["remedy"]) if part)
    return f":red-badge[▲ {t('health_is_refused')}] `{row['file']}`  \n{said.translate(PLAIN)}"


def _failed(row: Row) -> str:
    colour, sign = ("red", "▲") if row["severity"] == "block" else ("orange", "△")
    badge = f":{colour}-badge[{sign} {t('severity_' + row['severity'])}]"
    table, rule, seen = (row[name].translate(PLAIN) for name in ("table_name", "expected", "observed"))
    return f"{badge} **{table}** · {rule}  \n{t('health_seen', seen=seen)}"


def loads(view: View) -> None:
    """What the last runs read, and what became of it."""
    st.subheader(t("health_loads"), anchor=False)
    st.caption(t("health_loads_caption"))
    rows = view.ask("health_runs")
    if not rows:
        st.caption(t("health_no_loads"))
        return
    theme.show(health_charts.runs(rows), "chart_loads", t("health_loads"))
    last = rows[-1]
    counts = {
        name: formats.count(last[f"rows_{name}"]) for name in ("read", "accepted", "duplicate", "quarantined")
    }
    st.caption(t("health_last_load", run=last["run_number"], files=formats.count(last["files"]), **counts))


def reasons(view: View, health: Row) -> None:
    """Why rows are in quarantine, by kind of mistake."""
    st.subheader(t("health_reasons"), anchor=False)
    rows = view.ask("health_reasons")
    if not rows:
        st.caption(t("health_empty"))
        return
    kinds = {kind: sum(row["rows"] for row in rows if row["kind"] == kind) for kind in KINDS}
    st.caption(
        t(
            "health_reasons_caption",
            share=formats.percent(health["rows_quarantined"] / health["rows_read"], 2),
        )
    )
    picked = theme.show(health_charts.kinds(kinds), "chart_reasons", t("health_reasons"), is_open=True)
    for point in picked:
        wanted = point.get("customdata")
        wanted = wanted[0] if isinstance(wanted, list) else wanted
        # a bar stays picked: only a new one changes the list below
        if wanted in KINDS and wanted != st.session_state.get("picked_mistake"):
            st.session_state["picked_mistake"] = st.query_params["mistake"] = wanted


def sources(rows: list[Row]) -> None:
    """A line a source table: when it was last heard of, and its books."""
    st.subheader(t("health_sources"), anchor=False)
    st.caption(t("health_sources_caption"))
    clock = CLOCK[language()]
    columns: dict[str, Any] = {
        "name": st.column_config.TextColumn(t("col_table"), pinned=True),
        "state": st.column_config.TextColumn(t("col_state")),
        "last_file_at": st.column_config.DatetimeColumn(t("col_last_file"), format=clock),
        "last_recorded_at": st.column_config.DatetimeColumn(t("col_last_event"), format=clock),
        "last_loaded_at": st.column_config.DatetimeColumn(t("col_last_load"), format=clock),
        "files": st.column_config.NumberColumn(t("col_files"), format="localized"),
        "files_refused": st.column_config.NumberColumn(t("col_refused"), format="localized"),
        "rows_read": st.column_config.NumberColumn(t("col_read"), format="localized"),
        "rows_accepted": st.column_config.NumberColumn(t("col_accepted"), format="localized"),
        "rows_duplicate": st.column_config.NumberColumn(t("col_duplicate"), format="localized"),
        "rows_quarantined": st.column_config.NumberColumn(t("col_quarantined"), format="localized"),
    }
    tables.show([{**row, "state": _state(row)} for row in rows], columns, "health_sources", TALLEST)


def _state(row: Row) -> str:
    if row["is_silent"]:
        return f"▲ {t('health_is_silent')}"
    if row["files_refused"]:
        return f"△ {t('health_is_refused')}"
    return f"✓ {t('health_came')}"


def checks(view: View) -> None:
    """The last run's checks by table, those that failed first."""
    st.subheader(t("health_checks"), anchor=False)
    rows = view.ask("health_checks")
    if not rows:
        st.caption(t("health_no_checks"))
        return
    st.caption(t("health_checks_caption"))
    columns: dict[str, Any] = {
        "table_name": st.column_config.TextColumn(t("col_table"), pinned=True),
        "state": st.column_config.TextColumn(t("col_state")),
        "checks": st.column_config.NumberColumn(t("col_checks")),
        "passed": st.column_config.NumberColumn(t("col_passed")),
        "failed": st.column_config.NumberColumn(t("col_failed")),
    }
    listed = [{**row, "state": _held(row)} for row in rows]
    tables.show(listed, columns, "health_checks", TALLEST)


def _held(row: Row) -> str:
    if row["blocking"]:
        return f"▲ {t('severity_block')}"
    return f"△ {t('severity_warn')}" if row["failed"] else f"✓ {t('health_passing')}"


def quarantine(view: View, rows: list[Row]) -> None:
    """The rows in quarantine themselves, of all tables or of one; all of them can be taken away."""
    st.subheader(t("health_quarantine"), anchor=False)
    landed = [row["name"] for row in rows if row["rows_quarantined"]]
    if not landed:
        st.caption(t("health_empty"))
        return
    with st.container(horizontal=True):
        table = _choice("quarantined", t("col_table"), sorted(landed), lambda name: name)
        mistake = _choice("mistake", t("col_kind"), list(KINDS), lambda kind: t(f"kind_{kind}"))

    def found(most: int) -> list[Row]:
        return view.ask("health_quarantined", quarantined=table, mistake=mistake, most=most)

    listed = found(SHOWN)
    if not listed:
        st.caption(t("health_none_such"))
        return
    shown, total = formats.count(len(listed)), formats.count(listed[0]["rows"])
    st.caption(t("health_quarantine_caption", shown=shown, rows=total))
    columns: dict[str, Any] = {
        "file": st.column_config.TextColumn(t("col_file")),
        "record": st.column_config.NumberColumn(t("col_record"), format="%d"),
        "kind": st.column_config.TextColumn(t("col_kind")),
        "reason": st.column_config.TextColumn(t("col_reason")),
        "row": st.column_config.TextColumn(t("col_row")),
    }
    tables.show(
        [{**row, "kind": t(f"kind_{row['kind']}")} for row in listed], columns, "health_quarantine", TALLEST
    )
    downloads.buttons(lambda: found(DOWNLOADED), "quarantine")


def _choice(name: str, label: str, options: list[str], said: Callable[[str], str]) -> str:
    """One of the options, or all of them; it stands in the address."""
    asked = st.query_params.get(name, "")
    return st.selectbox(
        label,
        ["", *options],
        format_func=lambda option: said(option) if option else t("everything"),
        key=name,
        on_change=address.kept(name, asked if asked in options else ""),
        width=260,
    )
