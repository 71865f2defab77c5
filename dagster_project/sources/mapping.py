"""Mappings: which tables feed a canonical entity, column by column, and where each expression stands.

Belongs here: reading `mapping/<entity>.yml`. Its expressions are tried in binding, the views' SQL is in
views.
"""

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass
from typing import Any

from . import sql
from .contracts import TableContract
from .entities import ENTITIES, EVENT_TYPES, EVENTS
from .marked_yaml import Mapping, Mistakes, Sequence
from .reference import CodeList


@dataclass(frozen=True)
class Expression:
    """What a mapped column is: SQL over the feed's columns, or (with `codes`) the value of a code list for
    it."""

    column: str
    sql: str
    line: int
    codes: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Feed:
    """One source of rows of an entity. `base` is what FROM reads, `tables` are those in it, as (source, name); `each`
    gives one event a named instant."""

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
    tables: tuple[tuple[str, str], ...] = ()

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
    """Whether a feed of events can give an event type: named in `each`, in its expression or in its code
    list. An expression that names no type at all passes on what the source says, so it can."""
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
    used: set[str] = set()
    if isinstance(origin, Mapping):
        mistakes.keys(origin, "from", ["sql"], ["sql"])
        base, used = _with_landed_names(str(origin.get("sql", "")), tables)
        line = origin.line_of("sql")
        sources = {tables[name].source for name in used}
        source = sources.pop() if len(sources) == 1 else None
        base = f"({base})"
    elif origin in tables:
        contract = tables[origin]
        used = {origin}
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
        tuple(sorted((tables[name].source, tables[name].name) for name in used)),
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
    """A query with <source>.<table> replaced by the landed table, but not inside quotes; and the tables
    used."""
    used: set[str] = set()

    def landed(match: re.Match[str]) -> str:
        if match.group("table") in tables:
            used.add(match.group("table"))
            contract = tables[match.group("table")]
            return sql.landed_name(contract.source, contract.name)
        return match.group(0)

    replaced = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"|(?<![\w.\"])(?P<table>\w+\.\w+)(?![\w.])", landed, query)
    return replaced.rstrip().rstrip(";"), used
