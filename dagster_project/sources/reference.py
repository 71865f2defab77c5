"""The reference tables of a profile: places, carriers, order types, milestones, standards, holidays, code
lists.

Belongs here: their columns, checking the CSV files by line, and loading them typed into schema `reference`.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from . import sql
from .entities import EVENT_TYPES, SIGN_METHODS
from .marked_yaml import Mistakes, suggestion

TABLES: dict[str, dict[str, str]] = {
    "places": {
        "place": "VARCHAR", "name_zh": "VARCHAR", "name_en": "VARCHAR", "kind": "VARCHAR", "city": "VARCHAR",
        "province": "VARCHAR",
    },
    "carriers": {
        "carrier": "VARCHAR", "name_zh": "VARCHAR", "name_en": "VARCHAR", "sends_collected_event": "BOOLEAN",
    },
    "order_types": {
        "order_type": "VARCHAR", "name_zh": "VARCHAR", "name_en": "VARCHAR", "missing_milestones": "VARCHAR",
    },
    "route_milestones": {"route": "VARCHAR", "position": "INTEGER", "milestone": "VARCHAR"},
    "standards": {
        "stage": "VARCHAR", "place": "VARCHAR", "order_type": "VARCHAR", "minutes": "DOUBLE",
        "clock": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE",
    },
    "holidays": {"day": "DATE", "kind": "VARCHAR", "name_zh": "VARCHAR", "name_en": "VARCHAR"},
}  # fmt: skip
_REQUIRED = {
    "places": ("place",),
    "carriers": ("carrier",),
    "order_types": ("order_type",),
    "route_milestones": ("route", "position", "milestone"),
    "standards": ("stage", "minutes"),
    "holidays": ("day", "kind"),
}
_UNIQUE = {
    "places": ("place",),
    "carriers": ("carrier",),
    "order_types": ("order_type",),
    "route_milestones": ("route", "milestone"),
    "holidays": ("day",),
}
_WORDS = {("standards", "clock"): ("calendar",), ("holidays", "kind"): ("off", "work")}
_BOOLEANS = ("true", "false")
_PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "INTEGER": (int, "a whole number"),
    "DOUBLE": (float, "a number"),
    "DATE": (date.fromisoformat, "a day like 2026-01-31"),
}


@dataclass(frozen=True)
class CodeList:
    """A list of codes/<name>.csv: its keys (column `code`), and of each value column the values that
    occur."""

    name: str
    path: Path
    keys: tuple[str, ...]
    values: dict[str, frozenset[str]]


@dataclass(frozen=True)
class Csv:
    """A small CSV of a profile: header and rows with their line numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_csv(path: Path, mistakes: Mistakes) -> Csv:
    """A CSV of the profile as text; rows of the wrong length are mistakes."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            header = tuple(name.strip() for name in next(reader, []))
            rows = []
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != len(header):
                    what = f"{len(fields)} fields where the header has {len(header)}"
                    mistakes.add(reader.line_num, what, "Give every row one field a column")
                    continue
                rows.append((reader.line_num, dict(zip(header, map(str.strip, fields), strict=True))))
    except UnicodeDecodeError:
        mistakes.add(1, "the file is not UTF-8", "Save it as UTF-8")
        return Csv((), ())
    return Csv(header, tuple(rows))


def check_reference(path: Path, mistakes: Mistakes) -> Csv:
    """Checks reference/<table>.csv: columns, types, repeated keys."""
    table = path.stem
    if table not in TABLES:
        mistakes.unknown(1, "reference table", table, TABLES)
        return Csv((), ())
    columns = TABLES[table]
    read = read_csv(path, mistakes)
    for name in read.header:
        if name not in columns:
            mistakes.unknown(1, f"column of {table}", name, columns)
    for name in _REQUIRED[table]:
        if name not in read.header:
            mistakes.add(
                1, f"{table} has no column {name!r}", suggestion(name, set(read.header) - set(columns))
            )
    seen: dict[tuple[str, ...], int] = {}
    for line, row in read.rows:
        for name, value in row.items():
            _check_value(table, name, value, line, mistakes)
        key = tuple(row.get(name, "") for name in _UNIQUE.get(table, ()))
        if key and key in seen:
            mistakes.add(line, f"{', '.join(key)} stands on line {seen[key]} already", "Keep one of them")
        seen.setdefault(key, line)
    return read


def check_codes(path: Path, mistakes: Mistakes) -> CodeList:
    """Checks codes/<name>.csv: a column `code` without repeats, and value columns."""
    read = read_csv(path, mistakes)
    if "code" not in read.header:
        mistakes.add(1, "the code list has no column 'code'", "Name its first column `code`")
    seen: dict[str, int] = {}
    for line, row in read.rows:
        code = row.get("code", "")
        if code in seen:
            mistakes.add(line, f"code {code!r} stands on line {seen[code]} already", "Keep one of them")
        seen.setdefault(code, line)
    if not read.rows:
        mistakes.add(1, "the code list is empty", "Write one line a code, or remove the file")
    for name, words in (("event_type", EVENT_TYPES), ("sign_method", SIGN_METHODS)):
        for line, row in read.rows:
            if row.get(name) and row[name] not in words:
                mistakes.unknown(line, name, row[name], words)
    values = {
        name: frozenset(row[name] for _, row in read.rows if row[name])
        for name in read.header
        if name != "code"
    }
    return CodeList(path.stem, path, tuple(seen), values)


def code_table(name: str) -> str:
    """The table of a code list, for FROM."""
    return f"reference.{sql.name(f'code_{name}')}"


def load(
    connection: duckdb.DuckDBPyConnection, references: dict[str, Path], codes: dict[str, CodeList]
) -> None:
    """(Re)creates the reference tables, typed; empty where the profile has no file. Empty cells are null."""
    for table, columns in TABLES.items():
        path = references.get(table)
        if path is None:
            typed = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
            connection.execute(f"CREATE OR REPLACE TABLE reference.{table} ({typed})")
            continue
        header = read_csv(path, Mistakes(path.name)).header
        defaults = {name: default for (of, name), default in _DEFAULTS.items() if of == table}
        cells = ", ".join(
            f"CAST({_cell(name) if name in header else defaults.get(name, 'NULL')} AS {type_}) AS {name}"
            for name, type_ in columns.items()
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE reference.{table} AS SELECT {cells} FROM {_read(header)}", [str(path)]
        )
    for code_list in codes.values():
        header = read_csv(code_list.path, Mistakes(code_list.path.name)).header
        cells = ", ".join(f"{_cell(name)} AS {sql.name(name)}" for name in header)
        connection.execute(
            f"CREATE OR REPLACE TABLE {code_table(code_list.name)} AS SELECT {cells} FROM {_read(header)}",
            [str(code_list.path)],
        )


_DEFAULTS = {("standards", "clock"): "'calendar'", ("carriers", "sends_collected_event"): "true"}


def _cell(name: str) -> str:
    return f"nullif(trim({sql.name(name)}), '')"


def _read(header: tuple[str, ...]) -> str:
    columns = ", ".join(f"{sql.text(name)}: 'VARCHAR'" for name in header)
    return (
        f"read_csv($1, columns = {{{columns}}}, auto_detect = false, header = true, delim = ',',"
        " quote = '\"', escape = '\"')"
    )


def _check_value(table: str, name: str, value: str, line: int, mistakes: Mistakes) -> None:
    type_ = TABLES[table].get(name)
    if not value:
        if name in _REQUIRED[table]:
            mistakes.add(line, f"{name} is empty", "Give it a value, or remove the row")
        return
    words = _WORDS.get((table, name)) or (_BOOLEANS if type_ == "BOOLEAN" else None)
    if words and value not in words:
        mistakes.unknown(line, f"value of {name}", value, words)
    if type_ in _PARSERS:
        parse, wanted = _PARSERS[type_]
        try:
            parse(value)
        except ValueError:
            mistakes.add(line, f"{name} {value!r} is not {wanted}", f"Write {wanted}")
