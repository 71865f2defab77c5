"""A sheet that somebody typed: what its columns are called, the empty one to start from, and reading one.

A file is refused whole where its columns cannot be told; a row by itself where a cell of it says nothing usable.
"""

import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import fastexcel
import xlsxwriter

LARGEST = 2 * 1024 * 1024  # bytes of a file
LARGEST_INSIDE = 40 * 1024 * 1024  # of a workbook, once unpacked
MOST_ROWS = 2000
LONGEST = 200  # characters of a cell
HEADER_WITHIN = 5  # rows
REQUIRED = ("number", "status", "time")
EXAMPLE = ("甬00012345", "签收", "2026-02-28 14:30", "甬城速配", "", "宁波", "", "")
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_EPOCH = datetime(1899, 12, 30)


class RefusedError(ValueError):
    """A file that is not taken at all; `key` and `values` are the text that says where, and what to do."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = f"byhand_refused_{key}"
        self.values = values


def _listed(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


HEADS = {row["column"]: row["head"] for row in _listed("columns.csv")}
# what people call a column -> the column
NAMES = {name: row["column"] for row in _listed("columns.csv") for name in row["names"].split()}


@dataclass(frozen=True)
class Typed:
    """One row; `typed` is the number's cell as it stands, `number` what is looked for. `mistake` names what makes the
    row unusable, `column` where."""

    line: int
    typed: str
    number: str
    carrier: str
    code: str
    city: str
    status: str
    time: str
    at: datetime | None
    event_type: str
    sign_method: str
    mistake: str = ""
    column: str = ""


def template_csv() -> bytes:
    """The empty sheet as CSV, in UTF-8 with the mark by which Excel knows it."""
    out = io.StringIO(newline="")
    csv.writer(out).writerow(list(HEADS.values()))
    return out.getvalue().encode("utf-8-sig")


def template_workbook() -> bytes:
    """The empty sheet as a workbook of text cells, so that no number is rounded; an example on a sheet of its own."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("运单 Waybills")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(HEADS) - 1, 24, text)
        example = book.add_worksheet("示例 Example")
        example.set_column(0, len(HEADS) - 1, 24, text)
        for column, title in enumerate(HEADS.values()):
            sheet.write_string(0, column, title, head)
            example.write_string(0, column, title, head)
            example.write_string(1, column, EXAMPLE[column], text)
        for row, word in enumerate(statuses(), start=4):
            example.write_string(row, 1, word, text)
    return out.getvalue()


@cache
def statuses() -> dict[str, tuple[str, str]]:
    """The words for a status, with the event and the kind of signature they mean."""
    return {row["word"]: (row["event_type"], row["sign_method"]) for row in _listed("statuses.csv")}


def read(name: str, content: bytes, now: datetime) -> list[Typed]:
    """The rows of a file; `now` is the company's wall clock, after which nothing can have happened.

    Raises:
        RefusedError: the file is not taken, with the reason and what to do.
    """
    if not content:
        raise RefusedError("empty")
    if len(content) > LARGEST:
        raise RefusedError("large", megabytes=LARGEST // 2**20)
    cells = _workbook(content) if content.startswith(b"PK") else _text(content)
    if not content.startswith(b"PK") and not name.lower().endswith((".csv", ".txt")):
        raise RefusedError("kind", name=name[:80])
    first, places = _header(cells)
    width = max(places.values()) + 1
    rows: list[Typed] = []
    for line, row in enumerate(cells[first + 1 :], start=first + 2):
        if not any(row):
            continue
        if len(rows) == MOST_ROWS:
            raise RefusedError("long", rows=f"{MOST_ROWS:,}")
        if any(row[max(width, len(cells[first])) :]):
            raise RefusedError("shifted", line=line, cells=len(row), columns=len(cells[first]))
        rows.append(
            _typed(line, {column: row[at] if at < len(row) else "" for column, at in places.items()}, now)
        )
    if not rows:
        raise RefusedError("no_rows")
    return rows


def _workbook(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_INSIDE:
                raise RefusedError("large", megabytes=LARGEST // 2**20)
        sheet = fastexcel.read_excel(content).load_sheet(
            0, header_row=None, dtypes="string", n_rows=MOST_ROWS + 20
        )
    except RefusedError:
        raise
    except Exception as error:  # whatever a broken or locked workbook makes its readers say
        raise RefusedError("workbook") from error
    table = sheet.to_arrow()
    columns = [column.to_pylist() for column in table.columns]
    return [[_cell(value) for value in row] for row in zip(*columns, strict=True)]


def _text(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise RefusedError("encoding")
    if "\0" in text:
        raise RefusedError("encoding")
    top = "".join(text.splitlines(keepends=True)[:HEADER_WITHIN])
    delimiter = max(",;\t", key=top.count)
    try:
        return [
            [_cell(value) for value in row]
            for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        raise RefusedError("quotes") from error


def _cell(value: object) -> str:
    """A cell's text: full-width characters as ordinary ones, no control characters, no spaces around."""
    text = unicodedata.normalize("NFKC", "" if value is None else str(value))
    return (
        "".join(" " if unicodedata.category(at).startswith("C") else at for at in text)
        .strip()
        .lstrip("'")
        .strip()
    )


def _header(cells: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The row of heads and where each column stands."""
    best: tuple[int, dict[str, int]] = (0, {})
    for at, row in enumerate(cells[:HEADER_WITHIN]):
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            if (column := _column(cell)) and column not in places:
                places[column] = place
        if len(places) > len(best[1]):
            best = (at, places)
    missing = [HEADS[column] for column in REQUIRED if column not in best[1]]
    if missing:
        raise RefusedError("columns", columns="、".join(missing), line=best[0] + 1)
    return best


def _column(cell: str) -> str | None:
    """The column that a head names, in either language or in both at once."""
    words = re.sub(r"[^a-z\u4e00-\u9fff]", "", cell.lower())
    chinese = re.sub(r"[a-z]", "", words)
    return NAMES.get(words) or NAMES.get(chinese)


def _typed(line: int, cells: dict[str, str], now: datetime) -> Typed:
    number = re.sub(r"[\s\-_.]", "", cells["number"]).upper()
    at = _time(cells["time"])
    event_type, sign_method = statuses().get(cells["status"].lower(), ("", ""))
    mistake, column = "", ""
    if too_long := next((name for name, cell in cells.items() if len(cell) > LONGEST), ""):
        mistake, column = "long", too_long
    elif not number:
        mistake, column = "no_number", "number"
    elif _ROUNDED.fullmatch(cells["number"]):
        mistake, column = "rounded", "number"
    elif len(number) > 24:
        mistake, column = "no_waybill", "number"
    elif not event_type:
        mistake, column = "status", "status"
    elif at is None:
        mistake, column = "time", "time"
    elif at > now + timedelta(hours=1):
        mistake, column = "future", "time"
    kept = {name: cells.get(name, "")[:LONGEST] for name in ("carrier", "city", "status", "time")}
    code = re.sub(r"\s", "", cells.get("code", "")).upper()[:LONGEST]
    return Typed(
        line=line,
        typed=cells["number"][:LONGEST],
        number=number[:LONGEST],
        code=code,
        at=at,
        event_type=event_type,
        sign_method=sign_method,
        mistake=mistake,
        column=column,
        **kept,
    )


def _time(text: str) -> datetime | None:
    """A day with its time of day, as people and Excel write it."""
    if _SERIAL.fullmatch(text) and "." in text:
        return (_EPOCH + timedelta(days=float(text))).replace(microsecond=0)
    plain = re.sub(r"[/.年月]", "-", text.replace("日", " ").replace("时", ":").replace("分", ""))
    plain = re.sub(r"\s+", " ", plain.replace("- ", "-")).strip()
    for form in TIMES:
        try:
            return datetime.strptime(plain, form)
        except ValueError:
            continue
    return None
