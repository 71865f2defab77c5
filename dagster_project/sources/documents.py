"""Rows out of JSON documents: an answer with its list of scans becomes a row a scan, each with what stands above it.

Belongs here: the SQL that leads from whole documents down to their records. Lines, the plain form of JSON, are the
business of readers.
"""

import json

import duckdb

from dagster_project.sentences import Sentence, say, say_in_sql

from . import sql
from .columns import Column, split_path
from .contracts import TableContract
from .textfiles import Unfit


def stage(connection: duckdb.DuckDBPyConnection, contract: TableContract) -> None:
    """Makes of `staged_records` (lines) the tables `staged_documents` and, a row a record, `staged_rows`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE staged_documents AS {_documents(contract)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE staged_rows AS {_rows(contract)}")


def torn(connection: duckdb.DuckDBPyConnection, contract: TableContract, file_index: int) -> Unfit | None:
    """Why a file of documents must not be read: one of them is not whole, and what is missing nobody knows."""
    if contract.format != "json":
        return None
    found = connection.execute(
        "SELECT line FROM staged_documents WHERE file_index = $1 AND NOT json_valid(line)", [file_index]
    ).fetchone()
    if found is None:
        return None
    return Unfit(say("torn_document", told=_broken_at(found[0])), say("again_every_run"))


def delivered(connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """By file, its documents: what a manifest counts, who cannot know how many records each of them holds."""
    counted = connection.execute("SELECT file_index, count(*) FROM staged_documents GROUP BY file_index")
    return dict(counted.fetchall())


def broken_reasons(contract: TableContract) -> dict[str, Sentence]:
    """By what `broken` of `staged_rows` holds, an SQL text that says it."""
    reasons = {"document": say_in_sql("broken_document")}
    for level, path in enumerate(contract.levels):
        container, kind = _container(path)
        key = {"ARRAY": "no_list", "OBJECT": "no_object", None: "no_value"}[kind]
        place = container if kind else path
        reasons[_missing(level)] = say_in_sql("no_records", what=say_in_sql(key, path=sql.text(place)))
    return reasons


def _broken_at(text: str) -> Sentence:
    """Where a text stops being JSON: by line, if it was meant as a document a line."""
    lines = text.split("\n")
    if len(lines) > 1 and _error(lines[0]) is None:
        at, error = next(
            (at, error) for at, line in enumerate(lines, 1) if line.strip() and (error := _error(line))
        )
        return say("at_line", line=at, told=error.msg)
    error = _error(text)
    return say("at_line", line=error.lineno, told=error.msg) if error else say("not_in_json")


def _error(text: str) -> json.JSONDecodeError | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error
    return None


def _documents(contract: TableContract) -> str:
    """position, file_index, record, line: a document each. A file whose lines are no documents is one itself."""
    if contract.format == "jsonl":
        return "SELECT position, file_index, record, line FROM staged_records"
    return """
        WITH judged AS (
            SELECT file_index, bool_and(json_valid(line)) AS is_by_line FROM staged_records GROUP BY file_index
        )
        SELECT position, file_index, record, line FROM staged_records JOIN judged USING (file_index)
        WHERE is_by_line
        UNION ALL
        SELECT min(position), file_index, min(record), string_agg(line, chr(10) ORDER BY position)
        FROM staged_records JOIN judged USING (file_index) WHERE NOT is_by_line GROUP BY file_index"""


def _rows(contract: TableContract) -> str:
    """position, file_index, record, line, parts, broken (as `broken_reasons` has it): a row a record, counted through
    the file; a document in which the way to the records breaks off is one broken row."""
    depth = len(contract.levels)
    texts = [_texts(contract, level, depth) for level in range(depth + 1)]
    query = """
        SELECT position AS document, file_index,
            CASE WHEN json_valid(line) THEN CAST(line AS JSON) END AS value,
            CASE WHEN NOT json_valid(line) THEN 'document' END AS broken
        FROM staged_documents"""
    for level, path in enumerate(contract.levels):
        query = f"""
            SELECT * EXCLUDE (items), unnest(items) AS value, generate_subscripts(items, 1) AS at_{level}
            FROM (
                SELECT * EXCLUDE (value) REPLACE (
                    CASE WHEN broken IS NULL AND {_is_missing(path)} THEN {sql.text(_missing(level))}
                        ELSE broken END AS broken
                ), {texts[level]}
                    CASE WHEN {_is_missing(path)} THEN [CAST(NULL AS JSON)] ELSE {_items(path)} END AS items
                FROM ({query})
            )"""
    order = ", ".join(["document", *(f"at_{level}" for level in range(depth))])
    parts = ", ".join(_part(column, contract, depth) for column in contract.columns)
    return f"""
        SELECT row_number() OVER (ORDER BY {order}) AS position, found.file_index,
            row_number() OVER (PARTITION BY found.file_index ORDER BY {order}) AS record,
            documents.line, CASE WHEN broken IS NULL THEN [{parts}] END AS parts, broken
        FROM (SELECT * EXCLUDE (value), {texts[depth]} FROM ({query})) AS found
        LEFT JOIN staged_documents AS documents
            ON documents.position = CASE WHEN broken IS NOT NULL THEN found.document END"""


def _paths(contract: TableContract, level: int, depth: int) -> list[str]:
    """The paths that columns ask of one level, without repeats."""
    asked = (split_path(path) for column in contract.columns for path in column.paths)
    return list(dict.fromkeys(inner for ups, inner in asked if depth - ups == level))


def _texts(contract: TableContract, level: int, depth: int) -> str:
    """A list of what columns ask of one level: read once there, not once a record below it."""
    paths = ", ".join(sql.text(path) for path in _paths(contract, level, depth))
    return f"json_extract_string(value, [{paths}]) AS texts_{level}," if paths else ""


def _part(column: Column, contract: TableContract, depth: int) -> str:
    """A column's text out of the lists of its levels."""
    found = []
    for ups, inner in map(split_path, column.paths):
        level = depth - ups
        found.append(f"nullif(texts_{level}[{_paths(contract, level, depth).index(inner) + 1}], '')")
    if column.join is not None:
        return f"nullif(concat_ws({sql.text(column.join)}, {', '.join(found)}), '')"
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]


def _container(path: str) -> tuple[str, str | None]:
    """The path without its last step where that takes every member, and what must stand there."""
    for step, kind in (("[*]", "ARRAY"), (".*", "OBJECT")):
        if path.endswith(step):
            return path.removesuffix(step), kind
    return path, None


def _is_missing(path: str) -> str:
    """Whether the way to the records breaks off; an empty list, or null in its place, is only no record."""
    container, kind = _container(path)
    type_ = f"coalesce(json_type(value, {sql.text(container)}), 'none')"
    return f"{type_} NOT IN ('{kind}', 'NULL')" if kind else f"{type_} IN ('none', 'NULL')"


def _missing(level: int) -> str:
    return f"level {level}"


def _items(path: str) -> str:
    """The members at a path; a text that is itself JSON, as some answers wrap theirs, is read as JSON."""
    found = f"json_extract(value, {sql.text(path)})"
    if _container(path)[1]:
        return f"coalesce({found}, [])"
    text = f"json_extract_string(value, {sql.text(path)})"
    return (
        f"[CASE WHEN json_type({found}) = 'VARCHAR' AND json_valid({text})"
        f" THEN CAST({text} AS JSON) ELSE {found} END]"
    )
