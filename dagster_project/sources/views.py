"""The SQL of the canonical views, out of the feeds of a mapping."""

from collections.abc import Iterable

from . import sql
from .entities import ENTITIES, EVENTS, PROVENANCE, EntityColumn
from .mapping import Expression, Feed
from .reference import code_table

LANDED_PROVENANCE = {
    "recorded_at": "_recorded_at",
    "load_seq": "_load_seq",
    "load_id": "_load_id",
    "file": "_file",
    "record": "_record",
}


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
