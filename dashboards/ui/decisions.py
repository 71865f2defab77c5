"""The decision log, read from docs/decisions.md (decisions.zh.md), and the parameters with the days they hold."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.published import Row
from dashboards.settings import REPOSITORY
from dashboards.ui import formats, tables
from dashboards.ui.i18n import language, t

DOCS = REPOSITORY / "docs"
HEADING = re.compile(r"^## (\d{4}-\d{2}-\d{2}) · (.+)$", re.MULTILINE)
DAY = {"en": "D MMM YYYY", "zh": "YYYY年M月D日"}


@dataclass(frozen=True)
class Decision:
    """One entry of the log, its body in markdown."""

    day: date
    title: str
    body: str


def file_of(code: str) -> Path:
    """The log in a language."""
    return DOCS / ("decisions.md" if code == "en" else f"decisions.{code}.md")


def read(text: str) -> list[Decision]:
    """The entries of a log: headings `## <day> · <title>` and what follows each; newest first, else as written."""
    found = list(HEADING.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)]
    log = [
        Decision(date.fromisoformat(match[1]), match[2], text[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    ]
    return sorted(log, key=lambda entry: entry.day, reverse=True)


def entries() -> list[Decision]:
    """The log in the page's language."""
    return read(file_of(language()).read_text(encoding="utf-8"))


def sentence(log: list[Decision], numbers: list[Row]) -> str:
    """How many decisions there are, the latest of them, and whether a parameter has ever been changed."""
    changes = sum(row["value_before"] is not None for row in numbers)
    said = t("decided", count=len(log), title=log[0].title, day=formats.day(log[0].day))
    return (
        said
        + t("gap_between")
        + (t("decided_changes", count=changes) if changes else t("decided_no_changes"))
    )


def log(rows: list[Decision]) -> None:
    """A fold a decision; the latest is open."""
    st.subheader(t("decided_log"), anchor=False)
    st.caption(t("decided_log_caption"))
    for number, entry in enumerate(rows):
        with st.expander(f"{formats.day(entry.day)} · **{entry.title}**", expanded=number == 0):
            st.markdown(entry.body)


def parameters(rows: list[Row]) -> None:
    """The numbers that the models read; a changed one says what it was before."""
    st.subheader(t("decided_parameters"), anchor=False)
    st.caption(t("decided_parameters_caption"))
    columns: dict[str, Any] = {
        "name": st.column_config.TextColumn(t("col_parameter"), pinned=True),
        "value": st.column_config.NumberColumn(t("col_value"), format="%g", width=100),
        "meaning": st.column_config.TextColumn(t("col_meaning"), width="large"),
        "state": st.column_config.TextColumn(t("col_in_force")),
        "valid_from": st.column_config.DateColumn(t("col_valid_from"), format=DAY[language()]),
        "valid_to": st.column_config.DateColumn(t("col_valid_to"), format=DAY[language()]),
        "value_before": st.column_config.NumberColumn(t("col_before"), format="%g"),
    }
    # none has been changed: no columns for what it was before
    columns = {
        name: column
        for name, column in columns.items()
        if name == "state" or any(row[name] is not None for row in rows)
    }
    listed = [
        {**row, "state": f"✓ {t('in_force')}" if row["is_in_force"] else t("not_in_force")} for row in rows
    ]
    tables.show(listed, columns, "decided_parameters", tallest=640)
