"""Rows out of files: DuckDB's readers fill temporary tables of text, one batch of files at a time.

Belongs here: turning files into `(position, file_index, record, line, parts)`: where a row stands, and its
fields as text in the order of `field_names`. Types, reasons and duplicates are the business of typed and
landing.
"""

import difflib
from collections.abc import Sequence

import duckdb

from dagster_project.sentences import Sentence, say, say_in_sql

from . import documents, sql
from .cells import stage_cells
from .columns import plain_path
from .contracts import TableContract
from .files import Batch
from .textfiles import SEPARATOR, Unfit

_MAX_LINE = 8_400_000  # files.inspect lets no line of 8 MiB pass
# a buffer a thread and file; DuckDB's own is sixteen lines, of which three are more than a night may hold
_BUFFER = 2 * _MAX_LINE


def stage(connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: Batch) -> None:
    """Fills the temporary table `staged_rows` with every row of a batch as text.

    Blank lines, and rows of a sheet without any value, are no rows. `broken` is one of the ways in which a line cannot
    be cut into its fields (see `broken_reason`), or null.
    """
    if contract.format in ("csv", "json", "jsonl"):
        _stage_lines(connection, batch)
        if contract.format == "csv":
            _join_quoted_lines(connection, contract, batch)
        if contract.is_nested:
            documents.stage(connection, contract)
    else:
        stage_cells(connection, contract, batch)


def rows(contract: TableContract, batch: Batch, lines: str = "staged_records") -> str:
    """A query over what `stage` filled: position, file_index, record, line, parts (list), broken (text or
    null)."""
    if contract.format == "csv":
        fields = len(batch.field_names)
        delimiter = sql.text(contract.delimiter)
        return f"""
            SELECT position, file_index, record, line, parts,
                CASE WHEN len(parts) <> {fields} THEN 'fields'
                    WHEN length(array_to_string(raw_parts, '')) <> length(line) + 1 THEN 'quotes'
                END AS broken
            FROM (
                SELECT *, CASE WHEN raw_parts IS NULL THEN string_split(line, {delimiter})
                    ELSE list_transform(raw_parts, lambda part: CASE WHEN part[2] = '"'
                        THEN replace(part[3:-2], '""', '"') ELSE part[2:] END) END AS parts
                FROM (
                    SELECT *, CASE WHEN contains(line, '"') THEN
                        regexp_extract_all({delimiter} || line, {sql.text(_field(contract))}) END AS raw_parts
                    FROM {lines} WHERE record > 1
                )
            )"""
    if contract.is_nested:
        return "SELECT * FROM staged_rows"
    if contract.format == "jsonl":
        paths = ", ".join(sql.text(column.paths[0]) for column in contract.columns)
        return f"""
            SELECT position, file_index, record, line,
                CASE WHEN json_valid(line) AND starts_with(ltrim(line), '{{')
                    THEN json_extract_string(line, [{paths}]) END AS parts,
                CASE WHEN parts IS NULL THEN 'json' END AS broken
            FROM {lines}"""
    return (
        "SELECT rowid AS position, file_index, record, NULL AS line, parts, NULL AS broken FROM staged_rows"
    )


def broken_reason(contract: TableContract, batch: Batch) -> Sentence:
    """An SQL text over `_parts`, `_broken` of staging: why a line cannot be cut; null where it can."""
    fields = say_in_sql("broken_fields", fields="len(_parts)", wanted=str(len(batch.field_names)))
    reasons = {"fields": fields, "quotes": say_in_sql("broken_quotes"), "json": say_in_sql("broken_json")}
    if contract.is_nested:
        reasons |= documents.broken_reasons(contract)
    en = " ".join(f"WHEN {sql.text(way)} THEN {said}" for way, said in reasons.items())
    zh = " ".join(f"WHEN {sql.text(way)} THEN {said.zh}" for way, said in reasons.items())
    return Sentence(f"CASE _broken {en} END", f"CASE _broken {zh} END")


def row_as_json(contract: TableContract, batch: Batch) -> str:
    """An SQL text over `_line`, `_parts`, `_broken` of staging: the row as it came, as JSON; a line that
    could not be cut is {"line": …}."""
    if contract.format == "jsonl" and not contract.is_nested:
        return "CASE WHEN _broken IS NULL THEN _line ELSE CAST(json_object('line', _line) AS VARCHAR) END"
    fields = ", ".join(f"{sql.text(name)}, _parts[{at}]" for at, name in enumerate(batch.field_names, 1))
    return (
        "CAST(CASE WHEN _broken IS NULL THEN "
        f"json_object({fields}) ELSE json_object('line', _line) END AS VARCHAR)"
    )


def renamed_key(
    connection: duckdb.DuckDBPyConnection, contract: TableContract, file_index: int, empty: Sequence[str]
) -> Unfit | None:
    """JSON lines have no header: whether a key without any value in a file was dropped or came back under
    another name.

    Args:
        empty: the columns that are null in every row of the file. A key that a row may leave out is no
        mistake,
            so one that is not required counts as renamed only where a similar key turned up instead.
    """
    rows_of_keys = connection.execute(
        """
        SELECT DISTINCT unnest(json_keys(line)) FROM (
            SELECT line FROM staged_records
            WHERE file_index = $1 AND json_valid(line) AND starts_with(ltrim(line), '{')
            LIMIT 1000
        )
        """,
        [file_index],
    ).fetchall()
    keys = {row[0] for row in rows_of_keys}
    unknown = keys - {column.name for column in contract.columns}
    for column in contract.columns:
        is_plain = column.paths == (plain_path(column.name),)
        if not keys or column.name not in empty or column.name in keys or not is_plain:
            continue
        similar = difflib.get_close_matches(column.name, sorted(unknown), n=1, cutoff=0.75)
        if column.required or similar:
            reason = (
                say("key_renamed", key=column.name, other=similar[0])
                if similar
                else say("key_missing", key=column.name)
            )
            return Unfit(reason, say("key_back", place=f"{contract.file}:{column.line}"))
    return None


def _field(contract: TableContract) -> str:
    """One field of a line with quotes, together with the delimiter before it."""
    cut = f"\\x{{{ord(contract.delimiter):x}}}"
    return f'{cut}(?:"(?:[^"]|"")*"|[^"{cut}][^{cut}]*)?'


def _stage_lines(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Every line of the files with its number. Lines come in the order of the files, so a row's place in
    the table gives its line number; that holds only while DuckDB keeps the order of insertion, which is
    checked."""
    keeps_order = connection.execute("SELECT current_setting('preserve_insertion_order')").fetchone()
    if keeps_order != (True,):
        raise ValueError("line numbers need preserve_insertion_order: leave this setting of DuckDB on")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE staged_lines AS
        SELECT line, CAST(file_index AS INTEGER) AS file_index
        FROM read_csv($1, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, delim = $2,
            quote = '', escape = '', new_line = '\\n', max_line_size = {_MAX_LINE},
            buffer_size = {_BUFFER})
        """,
        [[str(file.read_path) for file in batch.files], SEPARATOR.decode()],
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE staged_starts AS
        SELECT file_index, min(rowid) AS start, count(*) AS lines FROM staged_lines GROUP BY file_index
        """
    )
    counted = dict(connection.execute("SELECT file_index, lines FROM staged_starts").fetchall())
    for index, file in enumerate(batch.files):
        if counted.get(index, 0) != file.lines:
            raise ValueError(
                f"{file.found.file}: {file.lines} lines were counted, {counted.get(index, 0)} read"
            )
    connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW staged_records AS
        SELECT lines.rowid AS position, file_index, lines.rowid - start + 1 AS record, line
        FROM staged_lines AS lines JOIN staged_starts USING (file_index)
        WHERE trim(line, ' \t') <> ''
        """
    )


def _join_quoted_lines(connection: duckdb.DuckDBPyConnection, contract: TableContract, batch: Batch) -> None:
    """Puts a row whose quoted value holds line ends back together; it keeps the number of its first line.

    A line is the start of such a row if it cannot be cut on its own and together with all lines up to the
    next one with an odd number of quotes it can. So a stray quote costs its own row and not the rest of the
    file.
    """
    (odd,) = connection.execute(
        """
        SELECT count(*) FROM staged_lines
        WHERE contains(line, '"') AND (length(line) - length(replace(line, '"', ''))) % 2 = 1
        """
    ).fetchone()  # type: ignore[misc]
    if odd < 2:
        return
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE staged_joined AS
        WITH odd AS (
            SELECT position, file_index, record, line, broken IS NOT NULL AS is_broken,
                lead(position) OVER (PARTITION BY file_index ORDER BY position) AS last_position
            FROM ({rows(contract, batch)})
            WHERE contains(line, '"') AND (length(line) - length(replace(line, '"', ''))) % 2 = 1
        ), candidates AS (
            SELECT odd.position, odd.file_index, odd.record, any_value(odd.last_position) AS last_position,
                string_agg(coalesce(lines.line, ''), chr(10) ORDER BY lines.rowid) AS line
            FROM odd JOIN staged_lines AS lines
                ON lines.file_index = odd.file_index
                AND lines.rowid BETWEEN odd.position AND odd.last_position
            WHERE odd.is_broken AND odd.last_position - odd.position <= 100
            GROUP BY odd.position, odd.file_index, odd.record
        ), whole AS (
            SELECT position, file_index, record, line, last_position
            FROM ({rows(contract, batch, "candidates")}) AS cut
            JOIN (SELECT position, last_position FROM candidates) USING (position)
            WHERE broken IS NULL
        ), runs AS (
            SELECT *, position <> coalesce(lag(last_position) OVER by_place, -1) AS starts_run FROM whole
            WINDOW by_place AS (ORDER BY position)
        ), numbered AS (
            SELECT *, row_number() OVER (PARTITION BY run ORDER BY position) AS number
            FROM (SELECT *, sum(starts_run::INTEGER) OVER (ORDER BY position) AS run FROM runs)
        )
        SELECT position, file_index, record, line, last_position FROM numbered WHERE number % 2 = 1
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE staged_inside AS
        SELECT lines.rowid AS position FROM staged_lines AS lines JOIN staged_joined AS joined
            ON lines.rowid BETWEEN joined.position AND joined.last_position
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW staged_records AS
        SELECT lines.rowid AS position, file_index, lines.rowid - start + 1 AS record, line
        FROM staged_lines AS lines JOIN staged_starts USING (file_index)
        WHERE trim(line, ' \t') <> '' AND lines.rowid NOT IN (SELECT position FROM staged_inside)
        UNION ALL
        SELECT position, file_index, record, line FROM staged_joined
        """
    )
