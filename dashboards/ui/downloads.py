"""Rows to take away: as CSV, which Excel opens with Chinese intact, and as a workbook with real dates and numbers.

Charts save themselves as PNG (the button theme.show gives them).
"""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st
import xlsxwriter

from dashboards.published import Row
from dashboards.ui.i18n import language, speaking, t

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # of a sheet, its heads left out
WIDTHS = (9, 48)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LARGEST = 10**15  # a sheet's numbers have fifteen digits: a longer one is kept as text


def buttons(rows: list[Row] | Callable[[], list[Row]], name: str) -> None:
    """A button for CSV and one for a workbook; a callable is asked when one is pressed. `name`: of the file."""
    with st.container(horizontal=True, key=f"download_{name}"):
        for kind, mime, write in (("csv", "text/csv", as_csv), ("xlsx", WORKBOOK, as_workbook)):
            st.download_button(
                t(f"download_{kind}"),
                data=_made(rows, write),
                file_name=f"true-on-time_{name}.{kind}",
                mime=mime,
                key=f"download_{name}_{kind}",
                icon=":material/download:",
                on_click="ignore",
                type="tertiary",
            )


def _made(
    rows: list[Row] | Callable[[], list[Row]], write: Callable[[list[Row]], bytes]
) -> Callable[[], bytes]:
    code = language()

    def made() -> bytes:
        with speaking(code):
            return write(rows() if callable(rows) else rows)

    return made


def as_csv(rows: list[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it; a text that a sheet would take for a formula gets an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: Any) -> Any:
    is_formula = isinstance(value, str) and value[:1] in FORMULA and value[1:].strip() != ""
    return f"'{value}" if is_formula else value


def as_workbook(rows: list[Row]) -> bytes:
    """One sheet; a text stays a text, whatever it begins with."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(rows[0] if rows else []):
            sheet.write_string(0, column, title, head)
            longest = max(len(str(row[title] or "")) for row in rows[:200])
            sheet.set_column(column, column, min(max(longest, len(title), WIDTHS[0]), WIDTHS[1]))
        for line, row in enumerate(rows[:MOST_ROWS], start=1):
            for column, value in enumerate(row.values()):
                _write(sheet, line, column, value, formats)
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, line: int, column: int, value: Any, formats: dict) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(line, column, value.replace(tzinfo=None), formats[datetime])
    elif isinstance(value, date):
        sheet.write_datetime(line, column, value, formats[date])
    elif isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, (int, float, Decimal)) and -LARGEST < value < LARGEST:
        sheet.write_number(line, column, value)
    else:
        sheet.write_string(line, column, str(value))
