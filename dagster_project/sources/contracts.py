"""Table contracts: what a source table's files look like and what each column may hold.

Belongs here: the contract as data, and reading it from `contracts/<source>.yml`. How a contract becomes SQL
is in typed.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .marked_yaml import Mapping, Mistakes, Sequence

TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,2)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
    "epoch_ms": "TIMESTAMPTZ",
    "epoch_s": "TIMESTAMPTZ",
    "instant": "TIMESTAMPTZ",
}
FORMATS = ("csv", "jsonl", "parquet", "xlsx")
ENCODINGS = ("utf-8", "gbk", "gb18030", "latin-1")
TIMESTAMP_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f")
DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d 00:00:00")
EXCEL_SERIAL = "excel"  # the format of a time that is a number of days, as a workbook holds it
INTEGER_LIMIT = 2_147_483_647
_TABLE_KEYS = (
    "files", "format", "encoding", "delimiter", "sheet", "key", "recorded_at", "columns", "nulls", "volume",
    "timezone", "description",
)  # fmt: skip
_COLUMN_KEYS = (
    "type", "required", "format", "zone", "min", "max", "accepted", "codes", "personal", "path", "scale",
    "description",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of a contract. `formats` are strptime formats; `minimum`, `maximum` SQL constants of its
    type."""

    name: str
    type: str
    required: bool
    formats: tuple[str, ...]
    zone: str
    minimum: str | None
    maximum: str | None
    accepted: tuple[str, ...]
    codes: str | None
    personal: bool
    path: str
    scale: int
    line: int

    @property
    def sql_type(self) -> str:
        return f"DECIMAL(18,{self.scale})" if self.type == "decimal" else TYPES[self.type]


@dataclass(frozen=True)
class TableContract:
    """One source table. `recorded_at` is the name of a column, or None for the file's own time."""

    source: str
    name: str
    files: tuple[str, ...]
    format: str
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

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

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


def read_zone(mapping: Mapping, key: str, default: str, mistakes: Mistakes) -> str:
    """A time zone by its IANA name."""
    zone = str(mapping.get(key, default))
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mistakes.add(mapping.line_of(key), f"no such time zone: {zone}", "Write one as in Asia/Shanghai")
        return default
    return zone


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
        _column(column, settings, zone, columns_at.line_of(column), mistakes)
        for column, settings in columns_at.items()
        if _is_mapping(settings, columns_at.line_of(column), f"column {column}", mistakes)
    )
    named = {column.name: column for column in columns}
    by_small = {column.name.lower(): column for column in columns}
    for column in columns:
        if by_small[column.name.lower()] is not column:
            what = f"columns {column.name} and {by_small[column.name.lower()].name} differ in capitals only"
            mistakes.add(column.line, what, "Take one of them")
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
    varies = mistakes.one_of(table, "volume", ("steady", "varies"), "steady") == "varies"
    return TableContract(
        source=source,
        name=name,
        files=texts(table, "files", mistakes),
        format=mistakes.one_of(table, "format", FORMATS, "csv"),
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
    )


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


def _column(name: str, settings: Mapping, zone: str, line: int, mistakes: Mistakes) -> Column:
    kind = f"column {name}"
    mistakes.keys(settings, kind, _COLUMN_KEYS)
    type_ = mistakes.one_of(settings, "type", TYPES, "text")
    if name.startswith("_"):
        mistakes.add(
            line, f"{kind} starts with an underscore", "These names are kept for landing's own columns"
        )
    defaults = {"timestamp": TIMESTAMP_FORMATS, "date": DATE_FORMATS}.get(type_, ())
    for key, types in _ONLY_FOR.items():
        if key in settings and type_ not in types and settings.get("type", "text") in TYPES:
            what = f"{kind}: {key!r} means nothing for type {type_}"
            mistakes.add(settings.line_of(key), what, f"Remove it, or take a type of: {', '.join(types)}")
    limit = str(INTEGER_LIMIT) if type_ == "integer" else None
    return Column(
        name=name,
        type=type_,
        required=_flag(settings, "required", mistakes),
        formats=texts(settings, "format", mistakes) or defaults,
        zone=read_zone(settings, "zone", zone, mistakes),
        minimum=_limit(settings, "min", type_, mistakes) or (f"-{limit}" if limit else None),
        maximum=_limit(settings, "max", type_, mistakes) or limit,
        accepted=texts(settings, "accepted", mistakes),
        codes=str(settings["codes"]) if "codes" in settings else None,
        personal=_flag(settings, "personal", mistakes),
        path=str(settings.get("path") or f'$."{name}"'),
        scale=_scale(settings, mistakes),
        line=line,
    )


_ONLY_FOR = {
    "format": ("timestamp", "date"),
    "zone": ("timestamp",),
    "min": ("integer", "decimal", "date", "timestamp"),
    "max": ("integer", "decimal", "date", "timestamp"),
    "scale": ("decimal",),
    "accepted": ("text", "integer"),
    "codes": ("text", "integer"),
}


def texts(mapping: Mapping, key: str, mistakes: Mistakes) -> tuple[str, ...]:
    """A text or a list of texts under a key; () where there is none."""
    value = mapping.get(key)
    if value is None:
        return ()
    items = value if isinstance(value, Sequence) else [value]
    if any(isinstance(item, Mapping | Sequence) for item in items):
        mistakes.add(
            mapping.line_of(key), f"{key!r} is neither a text nor a list of texts", f"Write `{key}: [a, b]`"
        )
        return ()
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _limit(settings: Mapping, key: str, type_: str, mistakes: Mistakes) -> str | None:
    if key not in settings:
        return None
    if type_ in ("date", "timestamp"):
        return _last_day(settings, key, mistakes)
    try:
        return str(int(settings[key])) if type_ == "integer" else str(float(settings[key]))
    except (TypeError, ValueError):
        mistakes.add(settings.line_of(key), f"{key} {settings[key]!r} is no number", "Write a number")
        return None


def _last_day(settings: Mapping, key: str, mistakes: Mistakes) -> str | None:
    try:
        return f"DATE '{date.fromisoformat(str(settings[key]))}'"
    except ValueError:
        mistakes.add(
            settings.line_of(key), f"{key} {settings[key]!r} is no day", "Write a day like 2026-01-31"
        )
        return None


def _scale(settings: Mapping, mistakes: Mistakes) -> int:
    scale = str(settings.get("scale", "2"))
    if not scale.isdigit() or int(scale) > 12:
        mistakes.add(
            settings.line_of("scale"), f"scale {scale!r} is no whole number up to 12", "Write as in 4"
        )
        return 2
    return int(scale)


def _flag(settings: Mapping, key: str, mistakes: Mistakes) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        mistakes.add(
            settings.line_of(key), f"{key} {value!r} is neither true nor false", "Write true or false"
        )
        return False
    return value


def _check_name(name: str, kind: str, line: int, mistakes: Mistakes) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        what = f"the name of {kind} {name!r} is not made of small letters, digits and _"
        mistakes.add(line, what, "Write as in sf_tracks")


def _is_mapping(value: Any, line: int, kind: str, mistakes: Mistakes) -> bool:
    if not isinstance(value, Mapping):
        mistakes.add(line, f"{kind} is no mapping", "Write its settings as `name: value`")
        return False
    return True
