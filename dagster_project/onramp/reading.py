"""A workbook as it is: every sheet's cells as text in their places, merged cells, and what a reader would hide.

Belongs here: files and formats. What the cells mean is the business of header and recognise.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import pyarrow

_NAMESPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb'<(?:\w+:)?c ((?:[^>]*? )?)r="([A-Z]+)(\d+)"([^>]*[^/>])?>(?!</)')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


class UnreadableError(ValueError):
    """The workbook cannot be understood; says what is missing and what to do."""


@dataclass(frozen=True)
class Merge:
    """A merged range: rows from 1, columns from 0 within the sheet's table of cells, ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass
class Sheet:
    """A sheet's cells: texts by column, first row first; `errors` are cells whose formula failed."""

    name: str
    is_hidden: bool
    columns: list[pyarrow.ChunkedArray]
    merges: list[Merge] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def height(self) -> int:
        return len(self.columns[0]) if self.columns else 0


def read(path: Path) -> list[Sheet]:
    """All sheets of a workbook (.xlsx, .xlsm, .xls, .xlsb, .ods) or the one table of a .csv.

    Raises:
        UnreadableError: it is no such file.
    """
    if not path.is_file():
        raise UnreadableError(f"there is no file {path}. Name one: make import FILE=orders.xlsx")
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        return [_read_text(path)]
    try:
        book = fastexcel.read_excel(path)
        places = _places(path)
        return [_read_sheet(book, name, places) for name in book.sheet_names]
    except fastexcel.FastExcelError as error:
        told = str(error).splitlines()[0]
        raise UnreadableError(
            f"{path.name} is no workbook that can be read: {told}. Save it as .xlsx without a password."
        ) from error


def _read_sheet(book: fastexcel.ExcelReader, name: str, places: "dict[str, _Places]") -> Sheet:
    """Text only: a guessed type would turn 'n/a' into nothing without a word."""
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", whitespace_as_null=True)
    cells = pyarrow.table(sheet)
    place = places.get(name, _Places())
    merges = [
        Merge(top, bottom, left - place.first_column, right - place.first_column)
        for top, bottom, left, right in place.merges
        if left >= place.first_column
    ]
    return Sheet(name, sheet.visible != "visible", cells.columns, merges, place.errors)


@dataclass
class _Places:
    """What a sheet's XML says and the reader does not: where its cells start, what is merged, what failed."""

    first_column: int = 0
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def _places(path: Path) -> dict[str, _Places]:
    if not zipfile.is_zipfile(path):
        return {}
    found = {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
            return {}
        relations = {
            node.get("Id"): (node.get("Target") or "").lstrip("/")
            for node in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        }
        for node in ElementTree.fromstring(archive.read("xl/workbook.xml")).iterfind(
            ".//m:sheet", _NAMESPACE
        ):
            target = relations.get(node.get(_RELATION)) or ""
            target = target if target in names else f"xl/{target}"
            if target in names:
                found[node.get("name") or ""] = _place(archive.read(target))
    return found


def _place(xml: bytes) -> _Places:
    place, firsts = _Places(), set()
    for before, column, row, after in _CELL.findall(xml):
        firsts.add(column)
        if b't="e"' in before or b't="e"' in after:
            place.errors.append(f"{column.decode()}{row.decode()}")
    place.first_column = min(map(_index, firsts), default=0)
    place.merges = [
        (int(top), int(bottom), _index(left), _index(right))
        for left, top, right, bottom in _MERGE.findall(xml)
    ]
    return place


def _index(letters: bytes) -> int:
    """The number of a column from 0: A is 0, AA 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _read_text(path: Path) -> Sheet:
    """A CSV in UTF-8 or GBK, whatever cuts its fields; rows are padded to the widest."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise UnreadableError(f"{path.name} is neither UTF-8 nor GBK. Save it as one of them.") from error
    head = text[:4096]
    delimiter = max(",\t;|", key=head.count)
    rows = [
        [value.strip() or None for value in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)
    ]
    width = max(map(len, rows), default=0)
    padded = [row + [None] * (width - len(row)) for row in rows]
    return Sheet(path.stem, False, [texts(column) for column in zip(*padded, strict=True)])


def texts(cells: Sequence[str | None]) -> pyarrow.ChunkedArray:
    """Cells as a column."""
    return pyarrow.chunked_array([cells], pyarrow.string())
