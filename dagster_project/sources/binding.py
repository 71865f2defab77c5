"""Trying a mapping before it is used: DuckDB binds every expression against empty landed tables.

Belongs here: what DuckDB refuses, and types that would have to be guessed, as mistakes with their line.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from . import sql, typed
from .columns import split_path
from .contracts import TableContract
from .entities import ENTITIES, EntityColumn
from .mapping import Expression, Feed
from .marked_yaml import Mistake, Mistakes, suggestion
from .reference import CodeList, code_table
from .views import LANDED_PROVENANCE

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "DOUBLE", "DECIMAL")


def bind(
    feeds: Mapping[str, tuple[Feed, ...]],
    contracts: Sequence[TableContract],
    codes: Mapping[str, CodeList],
    found: list[Mistake],
) -> None:
    """Asks DuckDB to bind every expression against empty landed tables; what it refuses is a mistake with
    its line."""
    tables = [f"{contract.source}.{contract.name}" for contract in contracts]
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA landing; CREATE SCHEMA reference")
        for contract in contracts:
            connection.execute(typed.create_landed(contract))
            _bind_columns(connection, contract, Mistakes(contract.file, found))
        for code_list in codes.values():
            columns = ", ".join(f"{sql.name(name)} VARCHAR" for name in ("code", *code_list.values))
            connection.execute(f"CREATE TABLE {code_table(code_list.name)} ({columns})")
        for feed in (feed for entity_feeds in feeds.values() for feed in entity_feeds):
            _bind_feed(connection, feed, tables, Mistakes(feed.file, found))


def _bind_columns(connection: duckdb.DuckDBPyConnection, contract: TableContract, mistakes: Mistakes) -> None:
    """Formats and paths are read by DuckDB: it says whether it understands them."""
    for path in contract.levels:
        try:
            connection.execute(f"SELECT json_extract('{{}}', {sql.text(path)})")
        except duckdb.Error as error:
            told = str(error).splitlines()[0].split(": ", 1)[-1]
            what = f"records of {contract.source}.{contract.name} cannot be read: {told}"
            mistakes.add(contract.line, what, "Write JSON paths as in $.data[*].routes[*]")
    for column in contract.columns:
        text = typed.text_column(column)
        tried = [(f"SELECT {typed.value(column)} FROM (SELECT NULL::VARCHAR AS {text})", "the format")]
        if contract.format in ("json", "jsonl"):
            for path in column.paths:
                tried.append((f"SELECT json_extract('{{}}', {sql.text(split_path(path)[1])})", "the path"))
        for query, what in tried:
            try:
                connection.execute(query)
            except duckdb.Error as error:
                told = str(error).splitlines()[0].split(": ", 1)[-1]
                remedy = "Write a strptime format as in %Y-%m-%d, or a JSON path as in $.data.code"
                mistakes.add(column.line, f"column {column.name}: {what} cannot be read: {told}", remedy)


def _bind_feed(
    connection: duckdb.DuckDBPyConnection, feed: Feed, tables: Sequence[str], mistakes: Mistakes
) -> None:
    def described(query: str, line: int, columns: Iterable[str]) -> dict[str, str] | None:
        try:
            return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}
        except duckdb.Error as error:
            mistakes.add(line, *_explained(str(error), columns, tables))
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
        "BIGINT": is_number,
        "DECIMAL(18,2)": is_number,
    }.get(wanted, type_ == wanted)
    if fits or expression.sql.upper() == "NULL" or type_ == '"NULL"':
        return
    remedies = {
        "TIMESTAMPTZ": "Give its column the type timestamp or instant in the contract, or add AT TIME ZONE",
        "DATE": "Give its column the type date in the contract, or cast <instant> AT TIME ZONE '<zone>'",
        "BOOLEAN": "Write a condition, as in flag = 'Y'",
    }
    remedy = remedies.get(wanted, "Give its column the type integer or decimal in the contract")
    mistakes.add(expression.line, f"{column} must be {wanted}, {expression.sql} is {type_}", remedy)


def _explained(message: str, columns: Iterable[str], tables: Sequence[str]) -> tuple[str, str]:
    """DuckDB's refusal as what and remedy."""
    first = message.splitlines()[0].split(": ", 1)[-1].rstrip("!.")
    names = [name for name in columns if not name.startswith("_")]
    unknown = re.search(r'Referenced column "([^"]+)" not found', first)
    if unknown and names:
        return f"unknown column {unknown.group(1)!r}", suggestion(unknown.group(1), names)
    table = re.search(r'Table with name "?([\w.]+)"? does not exist', first)
    if table:
        return f"unknown table {table.group(1)!r}", suggestion(table.group(1), tables)
    return (
        f"DuckDB cannot read this: {first}",
        "Correct the expression; it is SQL over the columns of the feed",
    )
