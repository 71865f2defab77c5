"""Table contracts: what a source table's files look like and what each column may hold.

Belongs here: the contract as data, and reading it from `contracts/<source>.yml`. How a contract becomes SQL
is in typed.
"""

import re
from dataclasses import dataclass
from typing import Any

from .columns import TYPES, Column, read_column, read_zone, split_path, texts
from .marked_yaml import Mapping, Mistakes

FORMATS = ("csv", "json", "jsonl", "parquet", "xlsx")
ENCODINGS = ("utf-8", "gbk", "gb18030", "latin-1")
_TABLE_KEYS = (
    "files", "format", "records", "encoding", "delimiter", "sheet", "key", "recorded_at", "columns", "nulls",
    "volume", "timezone", "description", "live",
)  # fmt: skip


@dataclass(frozen=True)
class TableContract:
    """One source table. `recorded_at` is the name of a column, or None for the file's own time. `levels` are the
    paths that lead from a document down to its records, each within what the one before found. `is_live`: the small
    refresh alone reads it, no night does."""

    source: str
    name: str
    files: tuple[str, ...]
    format: str
    levels: tuple[str, ...]
    encoding: str
    delimiter: str
    sheet: str | None
    key: tuple[str, ...]
    recorded_at: str | None
    is_recorded_at_occurrence: bool
    columns: tuple[Column, ...]
    nulls: tuple[str, ...]
    volume_varies: bool
    zone: str
    file: str
    line: int
    is_live: bool = False

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def is_nested(self) -> bool:
        """Whether rows are found within documents, rather than that a line is a row."""
        return (
            self.format == "json"
            or bool(self.levels)
            or any(len(column.paths) > 1 for column in self.columns)
        )

    @property
    def personal(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.personal)


def read_contracts(document: Any, mistakes: Mistakes, company_zone: str) -> list[TableContract]:
    """The contracts of one source file; mistakes are collected, a table with a broken head is left out."""
    if not isinstance(document, Mapping):
        mistakes.add(1, "the file holds no mapping", "Start it with `source: <name>` and `tables:`")
        return []
    # Keys that start with x- hold anchors to merge from and mean nothing themselves.
    known = [
        "source",
        "timezone",
        "tables",
        "description",
        *(key for key in document if key.startswith("x-")),
    ]
    mistakes.keys(document, "a contract file", known, ["source", "tables"])
    source = str(document.get("source"))
    zone = read_zone(document, "timezone", company_zone, mistakes)
    _check_name(source, "source", document.line_of("source"), mistakes)
    tables = mistakes.mapping(document, "tables")
    return [
        _table(source, name, table, zone, mistakes)
        for name, table in tables.items()
        if _is_mapping(table, tables.line_of(name), f"table {name}", mistakes)
    ]


def _table(source: str, name: str, table: Mapping, source_zone: str, mistakes: Mistakes) -> TableContract:
    kind = f"table {source}.{name}"
    mistakes.keys(table, kind, _TABLE_KEYS, ["files", "format", "columns"])
    _check_name(name, "table", table.line, mistakes)
    zone = read_zone(table, "timezone", source_zone, mistakes)
    columns_at = mistakes.mapping(table, "columns")
    if not columns_at and "columns" in table:
        mistakes.add(table.line_of("columns"), f"{kind} has no column", "Name the columns to take")
    for pattern in texts(table, "files", mistakes):
        if pattern.startswith("/") or ".." in pattern.split("/"):
            what = f"{kind}: {pattern} leads out of the source folder"
            mistakes.add(table.line_of("files"), what, "Write it relative to SOURCE")
    columns = tuple(
        read_column(column, settings, zone, columns_at.line_of(column), mistakes)
        for column, settings in columns_at.items()
        if _is_mapping(settings, columns_at.line_of(column), f"column {column}", mistakes)
    )
    named = {column.name: column for column in columns}
    by_small = {column.name.lower(): column for column in columns}
    for column in columns:
        if by_small[column.name.lower()] is not column:
            what = f"columns {column.name} and {by_small[column.name.lower()].name} differ in capitals only"
            mistakes.add(column.line, what, "Take one of them")
    format_ = mistakes.one_of(table, "format", FORMATS, "csv")
    levels = _levels(table, format_, columns, mistakes)
    key = texts(table, "key", mistakes)
    for part in key:
        if part not in named:
            mistakes.unknown(table.line_of("key"), f"key column of {kind}", part, named)
    recorded_at, is_occurrence = _recorded_at(table, named, mistakes)
    delimiter = str(table.get("delimiter", ","))
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter) != 1 or delimiter in '"\n\r':
        mistakes.add(
            table.line_of("delimiter"), f"delimiter {delimiter!r} is not one character", 'Write as in ";"'
        )
    if not isinstance(table.get("live", False), bool):
        mistakes.add(table.line_of("live"), f"live {table['live']!r} is neither true nor false", "Write true")
    varies = mistakes.one_of(table, "volume", ("steady", "varies"), "steady") == "varies"
    return TableContract(
        source=source,
        name=name,
        files=texts(table, "files", mistakes),
        format=format_,
        levels=levels,
        encoding=mistakes.one_of(table, "encoding", ENCODINGS, "utf-8"),
        delimiter=delimiter,
        sheet=str(table["sheet"]) if "sheet" in table else None,
        key=key,
        recorded_at=recorded_at,
        is_recorded_at_occurrence=is_occurrence,
        columns=columns,
        nulls=texts(table, "nulls", mistakes),
        volume_varies=varies,
        zone=zone,
        file=mistakes.file,
        line=table.line,
        is_live=table.get("live") is True,
    )


def _levels(table: Mapping, format_: str, columns: tuple[Column, ...], mistakes: Mistakes) -> tuple[str, ...]:
    """The paths of `records`, cut behind each list or object whose every member is taken."""
    line = table.line_of("records")
    given = texts(table, "records", mistakes)
    if given and format_ not in ("json", "jsonl"):
        mistakes.add(
            line, f"'records' means nothing for format {format_}", "Remove it, or take json or jsonl"
        )
    levels: list[str] = []
    for path in given:
        if not re.fullmatch(r"\$.*", path):
            mistakes.add(line, f"records {path!r} does not start with $", "Write as in $.data[*].routes[*]")
            continue
        parts = re.findall(r".*?(?:\[\*\]|\.\*)|.+$", path[1:])
        levels += [f"${part}" for part in parts]
    for column in columns:
        for path in column.paths:
            ups, inner = split_path(path)
            if ups > len(levels):
                what = f"column {column.name}: {path} leads above the document"
                mistakes.add(column.line, what, f"There are {len(levels)} levels above a record")
            if "*" in inner:
                what = f"column {column.name}: {path} names many values"
                mistakes.add(column.line, what, "Name one, or let `records` lead to each of them")
    return tuple(levels)


def _recorded_at(table: Mapping, named: dict[str, Column], mistakes: Mistakes) -> tuple[str | None, bool]:
    value = table.get("recorded_at", "file")
    line = table.line_of("recorded_at")
    is_occurrence = isinstance(value, Mapping)
    if isinstance(value, Mapping):
        mistakes.keys(value, "recorded_at", ["occurred"], ["occurred"])
        value = value.get("occurred")
    elif value == "file":
        return None, False
    column = named.get(str(value))
    if column is None:
        mistakes.unknown(line, "column in recorded_at", value, [*named, "file"])
        return None, False
    if TYPES[column.type] != "TIMESTAMPTZ":
        mistakes.add(
            line, f"recorded_at {column.name!r} is of type {column.type}", "Name a column that is an instant"
        )
    return column.name, is_occurrence


def _check_name(name: str, kind: str, line: int, mistakes: Mistakes) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        what = f"the name of {kind} {name!r} is not made of small letters, digits and _"
        mistakes.add(line, what, "Write as in sf_tracks")


def _is_mapping(value: Any, line: int, kind: str, mistakes: Mistakes) -> bool:
    if not isinstance(value, Mapping):
        mistakes.add(line, f"{kind} is no mapping", "Write its settings as `name: value`")
        return False
    return True
