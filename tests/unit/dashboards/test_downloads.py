"""What is downloaded holds what was shown: read back by other libraries than wrote it."""

import csv
import io
from datetime import date, datetime

import openpyxl

from dashboards.ui import downloads

DAY = date(2026, 2, 8)
ROWS = [
    {"order": "0012", "name": "宁波, “A”", "minutes": 12.5, "at": datetime(2026, 2, 8, 3, 5), "day": DAY, "late": True},
    {"order": "=1+1", "name": None, "minutes": None, "at": None, "day": None, "late": False},
]  # fmt: skip


def test_csv_reads_back_as_it_was() -> None:
    data = downloads.as_csv(ROWS)
    assert data.startswith(b"\xef\xbb\xbf"), "without the mark Excel reads Chinese as something else"
    first, second = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert first["order"] == "0012" and first["name"] == "宁波, “A”" and first["minutes"] == "12.5"
    assert second["name"] == ""


def test_a_workbook_keeps_numbers_dates_and_texts_apart() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(downloads.as_workbook(ROWS))).active
    heads, first, second = sheet.iter_rows(values_only=True)
    assert heads == tuple(ROWS[0])
    assert first == ("0012", "宁波, “A”", 12.5, datetime(2026, 2, 8, 3, 5), datetime(2026, 2, 8), True)
    assert second[0] == "=1+1" and sheet["A3"].data_type == "s", "a text is no formula"


def test_nothing_to_download_is_an_empty_file() -> None:
    assert downloads.as_csv([]).decode("utf-8-sig").strip() == ""
    assert openpyxl.load_workbook(io.BytesIO(downloads.as_workbook([]))).active.max_row == 1
