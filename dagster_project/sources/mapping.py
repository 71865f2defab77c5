"""Mappings: which tables feed a canonical entity, column by column, and the views they become.

Belongs here: reading `mapping/<entity>.yml`, binding its expressions against the landed tables so that a mistake names its
line, and the SQL of the canonical views.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from typing import Any

import duckdb

from . import sql
from .contracts import TableContract
from .entities import ENTITIES, EVENT_TYPES, EVENTS, PROVENANCE, EntityColumn
from .ledger import create_landed
from .marked_yaml import Mapping, Mistake, Mistakes, Sequence, suggestion
from .reference import CodeList, code_table

LANDED_PROVENANCE = {
    "recorded_at": "_recorded_at",
    "load_seq": "_load_seq",
    "load_id": "_load_id",
    "file": "_file",
    "record": "_record",
}
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Expression:
    """What a mapped column is: SQL over the feed's columns, or (with `codes`) the value of a code list for it."""

    column: str
    sql: str
    line: int
    codes: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Feed:
    """One source of rows of an entity. `base` is what FROM reads; `each` gives one event a named instant."""

    entity: str
    file: str
    line: int
    source: str | None
    base: str
    base_line: int
    where: Expression | None
    columns: tuple[Expression, ...]
    each: tuple[Expression, ...]
    is_recorded_at_occurrence: bool

    def expression(self, column: str) -> Expression | None:
        return next((expression for expression in self.columns if expression.column == column), None)


def read_feeds(
    entity: str,
    document: Any,
    contracts: AnySequence[TableContract],
    codes: AnyMapping[str, CodeList],
    mistakes: Mistakes,
) -> tuple[Feed, ...]:
    """The feeds of one mapping file; mistakes are collected."""
    if document is None:
        return ()
    if not isinstance(document, Sequence):
        mistakes.add(1, "the mapping is no list of feeds", "Start each feed with `- from: <source>.<table>`")
        return ()
    tables = {f"{contract.source}.{contract.name}": contract for contract in contracts}
    feeds = []
    for item, line in zip(document, document.lines, strict=True):
        if not isinstance(item, Mapping):
            mistakes.add(line, "the feed is no mapping", "Write `from:` and `columns:`")
            continue
        known = ["from", "where", "columns", "description", *(["each"] if entity == EVENTS else [])]
        mistakes.keys(item, "a feed", known, ["from"])
        feeds.append(_feed(entity, item, tables, codes, mistakes))
    return tuple(feed for feed in feeds if feed is not None)


def can_give(feed: Feed, event_type: str, codes: AnyMapping[str, CodeList]) -> bool:
    """Whether a feed of events can give an event type: named in `each`, in its expression or in its code list. An
    expression that names no type at all passes on what the source says, so it can."""
    if feed.each:
        return any(each.column == event_type for each in feed.each)
    expression = feed.expression("event_type")
    if expression is None:
        return False
    if expression.codes:
        return event_type in codes[expression.codes].values.get(expression.value or "", frozenset())
    return f"'{event_type}'" in expression.sql or not any(
        f"'{known}'" in expression.sql for known in EVENT_TYPES
    )


def bind(
    feeds: AnyMapping[str, tuple[Feed, ...]],
    contracts: AnySequence[TableContract],
    codes: AnyMapping[str, CodeList],
    found: list[Mistake],
) -> None:
    """Asks DuckDB to bind every expression against empty landed tables; what it refuses is a mistake with its line."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA landing; CREATE SCHEMA reference")
        for contract in contracts:
            connection.execute(create_landed(contract))
        for code_list in codes.values():
            columns = ", ".join(f"{sql.name(name)} VARCHAR" for name in ("code", *code_list.values))
            connection.execute(f"CREATE TABLE {code_table(code_list.name)} ({columns})")
        for feed in (feed for entity_feeds in feeds.values() for feed in entity_feeds):
            _bind_feed(connection, feed, Mistakes(feed.file, found))


def view(entity: str, feeds: Iterable[Feed]) -> str:
    """The query of a canonical view: every feed's rows, typed; no rows where nothing feeds the entity."""
    parts = [part for feed in feeds for part in _selects(feed)]
    if not parts:
        typed = {name: column.type for name, column in ENTITIES[entity].items()} | PROVENANCE
        return (
            "SELECT "
            + ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in typed.items())
            + " WHERE false"
        )
    return "\nUNION ALL\n".join(parts)


def _feed(
    entity: str,
    item: Mapping,
    tables: dict[str, TableContract],
    codes: AnyMapping[str, CodeList],
    mistakes: Mistakes,
) -> Feed | None:
    origin = item.get("from")
    line = item.line_of("from")
    source, occurrence, names = None, False, []
    if isinstance(origin, Mapping):
        mistakes.keys(origin, "from", ["sql"], ["sql"])
        base, used = _with_landed_names(str(origin.get("sql", "")), tables)
        line = origin.line_of("sql")
        sources = {tables[name].source for name in used}
        source = sources.pop() if len(sources) == 1 else None
        base = f"({base})"
    elif origin in tables:
        contract = tables[origin]
        base = sql.landed_name(contract.source, contract.name)
        source, occurrence = contract.source, contract.is_recorded_at_occurrence
        names = [column.name for column in contract.columns]
    else:
        if origin is not None:
            mistakes.unknown(line, "table", origin, tables)
        return None
    columns = mistakes.mapping(item, "columns") if "columns" in item else Mapping(item.line)
    entity_columns = [*ENTITIES[entity], "recorded_at"]
    expressions = []
    for column, value in columns.items():
        if column not in entity_columns:
            mistakes.unknown(columns.line_of(column), f"column of {entity}", column, entity_columns)
            continue
        expression = _expression(column, value, columns.line_of(column), names, codes, mistakes)
        if expression:
            expressions.append(expression)
    each_at = mistakes.mapping(item, "each") if "each" in item else Mapping(item.line)
    each = []
    for event_type, value in each_at.items():
        if event_type not in EVENT_TYPES:
            mistakes.unknown(each_at.line_of(event_type), "event type", event_type, EVENT_TYPES)
        each.append(Expression(event_type, _as_sql(value, names), each_at.line_of(event_type)))
    given = {expression.column for expression in expressions} | (
        {"event_type", "occurred_at"} if each else set()
    )
    for name, wanted in ENTITIES[entity].items():
        if wanted.required and name not in given:
            mistakes.add(item.line, f"the feed gives no {name!r}", f"Add `{name}: …` to its columns")
    where = Expression("where", str(item["where"]), item.line_of("where")) if item.get("where") else None
    return Feed(
        entity,
        mistakes.file,
        item.line,
        source,
        base,
        line,
        where,
        tuple(expressions),
        tuple(each),
        occurrence,
    )


def _expression(
    column: str, value: Any, line: int, names: list[str], codes: AnyMapping[str, CodeList], mistakes: Mistakes
) -> Expression | None:
    if not isinstance(value, Mapping):
        return Expression(column, _as_sql(value, names), line)
    mistakes.keys(value, column, ["codes", "column", "value"], ["codes", "column", "value"])
    code_list = codes.get(str(value.get("codes")))
    if code_list is None:
        mistakes.unknown(value.line_of("codes"), "code list", value.get("codes"), codes)
        return None
    if value.get("value") not in code_list.values:
        what = f"value column of codes/{code_list.name}.csv"
        mistakes.unknown(value.line_of("value"), what, value.get("value"), code_list.values)
        return None
    key = _as_sql(value.get("column"), names)
    return Expression(column, key, value.line_of("column"), code_list.name, str(value["value"]))


def _as_sql(value: Any, names: list[str]) -> str:
    """An expression as SQL: a bare column name is quoted, so that it may be called `order` or `from`."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return sql.name(value) if value in names else str(value)


def _with_landed_names(query: str, tables: dict[str, TableContract]) -> tuple[str, set[str]]:
    """A query with <source>.<table> replaced by the landed table, but not inside quotes; and the tables used."""
    used: set[str] = set()

    def landed(match: re.Match[str]) -> str:
        if match.group("table") in tables:
            used.add(match.group("table"))
            contract = tables[match.group("table")]
            return sql.landed_name(contract.source, contract.name)
        return match.group(0)

    replaced = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|(?<![\w.\"])(?P<table>\w+\.\w+)(?![\w.])", landed, query)
    return replaced.rstrip().rstrip(";"), used


def _selects(feed: Feed) -> list[str]:
    """The SELECTs of a feed: one, or with `each` one an event type."""
    if not feed.each:
        return [_select(feed, {expression.column: expression for expression in feed.columns})]
    selects = []
    for each in feed.each:
        columns = {expression.column: expression for expression in feed.columns}
        columns["event_type"] = Expression("event_type", sql.text(each.column), each.line)
        columns["occurred_at"] = Expression("occurred_at", each.sql, each.line)
        if feed.is_recorded_at_occurrence:
            columns.setdefault("recorded_at", Expression("recorded_at", each.sql, each.line))
        selects.append(_select(feed, columns))
    return selects


def _select(feed: Feed, columns: dict[str, Expression]) -> str:
    """Code lists are joined by key, which stays fast on many rows and long lists."""
    if feed.entity == EVENTS and feed.source and "source" not in columns:
        columns = columns | {"source": Expression("source", sql.text(feed.source), feed.line)}
    lookups = [expression for expression in columns.values() if expression.codes]
    keys = "".join(
        f", CAST({expression.sql} AS VARCHAR) AS _key_{at}" for at, expression in enumerate(lookups, 1)
    )
    where = f" WHERE {feed.where.sql}" if feed.where else ""
    rows = f"(SELECT *{keys} FROM {feed.base} AS feed{where}) AS feed"
    values = {expression.column: expression.sql for expression in columns.values()}
    if lookups:
        found = "".join(
            f", code_{at}.{sql.name(expression.value or '')} AS _value_{at}"
            for at, expression in enumerate(lookups, 1)
        )
        joins = " ".join(
            f"LEFT JOIN {code_table(expression.codes or '')} AS code_{at} ON code_{at}.code = feed._key_{at}"
            for at, expression in enumerate(lookups, 1)
        )
        rows = f"(SELECT feed.*{found} FROM {rows} {joins}) AS feed"
        values |= {expression.column: f"_value_{at}" for at, expression in enumerate(lookups, 1)}
    typed = ENTITIES[feed.entity] | {
        name: EntityColumn(name, type_, False) for name, type_ in PROVENANCE.items()
    }
    cells = []
    for name, column in typed.items():
        default = LANDED_PROVENANCE.get(name, "NULL")
        value = values.get(name, default)
        if name == "recorded_at" and name in values:
            value = f"coalesce({value}, {default})"
        cells.append(f"CAST({value} AS {column.type}) AS {name}")
    required = " AND ".join(f"{name} IS NOT NULL" for name, column in typed.items() if column.required)
    return f"SELECT * FROM (SELECT {', '.join(cells)} FROM {rows}) WHERE {required}"


def _bind_feed(connection: duckdb.DuckDBPyConnection, feed: Feed, mistakes: Mistakes) -> None:
    def described(query: str, line: int, columns: Iterable[str]) -> dict[str, str] | None:
        try:
            return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
        except duckdb.Error as error:
            mistakes.add(line, *_explained(str(error), columns))
            return None

    columns = described(f"SELECT * FROM {feed.base} AS feed", feed.base_line, [])
    if columns is None:
        return
    missing = [name for name in LANDED_PROVENANCE.values() if name not in columns]
    if missing:
        what = f"the query carries no {', '.join(missing)}"
        remedy = (
            "Select the five provenance columns (or an aggregate, as in max(_recorded_at) AS _recorded_at)"
        )
        mistakes.add(feed.base_line, what, remedy)
        return
    if feed.where:
        described(f"SELECT 1 FROM {feed.base} AS feed WHERE {feed.where.sql}", feed.where.line, columns)
    for expression in feed.columns:
        types = described(
            f"SELECT ({expression.sql}) AS value FROM {feed.base} AS feed", expression.line, columns
        )
        if types and not expression.codes:
            _check_type(feed.entity, expression.column, expression, types["value"], mistakes)
    for each in feed.each:
        types = described(f"SELECT ({each.sql}) AS value FROM {feed.base} AS feed", each.line, columns)
        if types:
            _check_type(feed.entity, "occurred_at", each, types["value"], mistakes)


def _check_type(entity: str, column: str, expression: Expression, type_: str, mistakes: Mistakes) -> None:
    """A type that would have to be guessed, or could fail on a value at night, is a mistake."""
    wanted = (ENTITIES[entity] | {"recorded_at": EntityColumn("recorded_at", "TIMESTAMPTZ", True)})[
        column
    ].type
    type_ = {"TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ"}.get(type_, type_)
    is_number = type_.startswith(_NUMBERS)
    fits = {
        "VARCHAR": True,
        "INTEGER": is_number,
        "DECIMAL(18,2)": is_number,
    }.get(wanted, type_ == wanted)
    if fits or expression.sql.upper() == "NULL" or type_ == '"NULL"':
        return
    remedies = {
        "TIMESTAMPTZ": "Give its column the type timestamp or instant in the contract, or add AT TIME ZONE '<zone>'",
        "DATE": "Give its column the type date in the contract, or write CAST(<instant> AT TIME ZONE '<zone>' AS DATE)",
        "BOOLEAN": "Write a condition, as in flag = 'Y'",
    }
    remedy = remedies.get(wanted, "Give its column the type integer or decimal in the contract")
    mistakes.add(expression.line, f"{column} must be {wanted}, {expression.sql} is {type_}", remedy)


def _explained(message: str, columns: Iterable[str]) -> tuple[str, str]:
    """DuckDB's refusal as what and remedy."""
    first = message.splitlines()[0].split(": ", 1)[-1].rstrip("!.")
    names = [name for name in columns if not name.startswith("_")]
    unknown = re.search(r'Referenced column "([^"]+)" not found', first)
    if unknown and names:
        return f"unknown column {unknown.group(1)!r}", suggestion(unknown.group(1), names)
    return (
        f"DuckDB cannot read this: {first}",
        "Correct the expression; it is SQL over the columns of the feed",
    )
