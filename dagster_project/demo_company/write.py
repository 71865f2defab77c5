"""Source tables as files: each drop's rows as CSV, JSON lines, Parquet or a workbook, some with a manifest.

Belongs here: shaping and spoiling lines, cutting them into drops, the files that arrive twice or half.
    What the tables
hold is the business of the tables_* modules.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from .days import DAY, EPOCH, ZONE
from .dirt import RATES
from .history import Size
from .workbook import write_workbook

BAD_TIME, NO_KEY, UNKNOWN_CODE, BROKEN_LINE = 1, 2, 3, 4
BAD_KINDS = {
    BAD_TIME: "bad_time",
    NO_KEY: "missing_key",
    UNKNOWN_CODE: "unknown_code",
    BROKEN_LINE: "broken_line",
}
KEY, TIME, CODE = "key", "time", "code"
_SPOILT = {TIME: (BAD_TIME, "2026-13-45 99:99"), KEY: (NO_KEY, ""), CODE: (UNKNOWN_CODE, "ZZ99")}


@dataclass(frozen=True)
class Field:
    """One column of a source table: its name there, SQL over the table's rows, and what can be spoilt."""

    name: str
    sql: str
    role: str = ""
    is_number: bool = False  # JSON: written without quotes


@dataclass(frozen=True)
class SourceTable:
    """One source table. `rows` is a query with recorded (epoch seconds), seq (unique); events also bad.

    `is_state`: rows are versions of things, not events; a spoilt one is a copy beside the good one.
    """

    source: str
    name: str
    format: str
    fields: tuple[Field, ...]
    rows: str
    is_state: bool = False
    encoding: str = "utf-8"
    has_manifest: bool = False
    file: str = ""

    @property
    def bad_kinds(self) -> list[int]:
        roles = {field.role for field in self.fields}
        if self.format == "parquet":
            return [NO_KEY]
        kinds = [kind for role, (kind, _) in _SPOILT.items() if role in roles]
        return kinds if self.format == "xlsx" else [*kinds, BROKEN_LINE]


@dataclass(frozen=True)
class Mishap:
    """A drop gone wrong: the file `again` under another name, or `half` written and delivered later."""

    source: str
    table: str
    share: float  # where in the period, 0 to 1
    kind: str
    days_later: int


MISHAPS = (
    Mishap("erp", "payments", 0.30, "again", 1),
    Mishap("zto", "tracks", 0.55, "again", 2),
    Mishap("wms_a", "scans", 0.45, "half", 2),
    Mishap("erp", "order_lines", 0.72, "half", 1),
    Mishap("kye", "tracks", 0.62, "half", 1),
)


def write_table(connection: duckdb.DuckDBPyConnection, table: SourceTable, out: Path, size: Size) -> int:
    """Writes every drop of a table below `out`; spoilt rows go to the table `bad_rows`.
    Returns the rows written."""
    kinds = table.bad_kinds
    pick = "[" + ", ".join(map(str, kinds)) + "][1 + CAST(hash(seq, 9) % " + str(len(kinds)) + " AS INTEGER)]"
    per_million = round(RATES["malformed_copy"] * 1_000_000)
    if table.is_state:
        rows = f"""
            SELECT *, 0 AS bad_kind, 0 AS is_copy FROM base
            UNION ALL
            SELECT *, {pick}, 1 FROM base WHERE hash(seq, 8) % 1000000 < {per_million}"""
    else:
        rows = f"SELECT *, CASE WHEN bad THEN {pick} ELSE 0 END AS bad_kind, 0 AS is_copy FROM base"
    if table.format == "parquet":
        columns = ", ".join(f"{_spoil_null(field)} AS {_name(field.name)}" for field in table.fields)
    else:
        columns = f"{_line(table)} AS line"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE drop_rows AS
        WITH base AS (SELECT * FROM ({table.rows}) WHERE recorded <= {size.end}
            AND recorded > {size.end - size.days * DAY}),
        spoilt AS ({rows})
        SELECT CAST((recorded - 1 + {ZONE}) // {DAY} AS BIGINT) AS drop_day, bad_kind,
            row_number() OVER (PARTITION BY drop_day ORDER BY recorded, seq, is_copy) AS nth, {columns}
        FROM spoilt
        """
    )
    suffix = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet", "xlsx": "xlsx"}[table.format]
    mishaps = {
        size.first_day + int(mishap.share * size.days): mishap
        for mishap in MISHAPS
        if (mishap.source, mishap.table) == (table.source, table.name) and size.days >= 10
    }
    written = 0
    for day, count, text in _drops(connection, table):
        written += count
        folder = out / table.source / table.name / _date(day)
        stem = table.file.format(day=_date(day).replace("-", "")) or table.name
        path = folder / f"{stem}.{suffix}"
        mishap = mishaps.get(day)
        if mishap and mishap.kind == "half":
            late = (
                out
                / table.source
                / table.name
                / _date(day + mishap.days_later)
                / f"{stem}_{_date(day)}_again.{suffix}"
            )
            _write(connection, table, late, text, day, count)
            _write_half(late, path, table)
            path = late
        else:
            _write(connection, table, path, text, day, count)
            if mishap:
                twin = (
                    out
                    / table.source
                    / table.name
                    / _date(day + mishap.days_later)
                    / f"{stem}_{_date(day)}_copy.{suffix}"
                )
                _put(twin, path.read_bytes(), count if table.has_manifest else None)
        header = 0 if table.format in ("jsonl", "parquet") else 1
        connection.execute(
            """
            INSERT INTO bad_rows SELECT $1, $2, $3, nth + $4, bad_kind FROM drop_rows WHERE bad_kind > 0
                AND drop_day = $5
            """,
            [table.source, table.name, path.relative_to(out).as_posix(), header, day],
        )
    return written


def _drops(connection: duckdb.DuckDBPyConnection, table: SourceTable) -> list[tuple[int, int, str]]:
    """(drop day, rows, text of all lines) of every drop; Parquet has no text."""
    text = "''" if table.format == "parquet" else "string_agg(line, chr(10) ORDER BY nth)"
    return connection.execute(
        f"SELECT drop_day, count(*), {text} FROM drop_rows GROUP BY drop_day ORDER BY drop_day"
    ).fetchall()


def _write(
    connection: duckdb.DuckDBPyConnection, table: SourceTable, path: Path, text: str, day: int, count: int
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if table.format == "parquet":
        connection.execute(
            "COPY (SELECT * EXCLUDE (drop_day, bad_kind, nth) FROM drop_rows"
            f" WHERE drop_day = {day} ORDER BY nth)"
            f" TO '{path}' (FORMAT parquet)"
        )
        _put(path, path.read_bytes(), count if table.has_manifest else None)
        return
    if table.format == "xlsx":
        write_workbook(path, [field.name for field in table.fields], text)
        return
    header = "" if table.format == "jsonl" else ",".join(field.name for field in table.fields) + "\n"
    _put(path, (header + text + "\n").encode(table.encoding), count if table.has_manifest else None)


def _put(path: Path, content: bytes, rows: int | None) -> None:
    """A file, and its manifest where `rows` are given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if rows is not None:
        manifest = {
            "file": path.name, "rows": rows, "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }  # fmt: skip
        path.with_name(path.name + ".manifest.json").write_text(json.dumps(manifest) + "\n", encoding="utf-8")


def _write_half(whole: Path, path: Path, table: SourceTable) -> None:
    """The first 60 % of a file, with the manifest of the whole."""
    content = whole.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content[: len(content) * 6 // 10].rstrip(b"\n"))
    if table.has_manifest:
        manifest = json.loads(whole.with_name(whole.name + ".manifest.json").read_text(encoding="utf-8"))
        manifest["file"] = path.name
        path.with_name(path.name + ".manifest.json").write_text(json.dumps(manifest) + "\n", encoding="utf-8")


def _date(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _spoilt(field: Field) -> str:
    """A field as text, spoilt where its row is."""
    text = f"CAST({field.sql} AS VARCHAR)"
    if field.role not in _SPOILT:
        return text
    kind, value = _SPOILT[field.role]
    return f"CASE WHEN bad_kind = {kind} THEN '{value}' ELSE {text} END"


def _spoil_null(field: Field) -> str:
    return f"CASE WHEN bad_kind <> {NO_KEY} THEN {field.sql} END" if field.role == KEY else field.sql


def _line(table: SourceTable) -> str:
    """SQL for the line of a row."""
    if table.format == "csv":
        line = " || ',' || ".join(f"coalesce({_spoilt(field)}, '')" for field in table.fields)
        return f"CASE WHEN bad_kind = {BROKEN_LINE} THEN ({line}) || ',???,1' ELSE {line} END"
    if table.format == "xlsx":
        cells = " || ".join(
            f"'<c t=\"inlineStr\"><is><t>' || coalesce({_spoilt(field)}, '') || '</t></is></c>'"
            for field in table.fields
        )
        return f"'<row>' || {cells} || '</row>'"
    pairs = []
    for field in table.fields:
        value = _spoilt(field)
        quoted = f"'\"' || {value} || '\"'"
        if field.is_number and field.role in _SPOILT:
            kind = _SPOILT[field.role][0]
            quoted = f"CASE WHEN bad_kind = {kind} THEN {quoted} ELSE {value} END"
        elif field.is_number:
            quoted = value
        pairs.append(f"'\"{field.name}\":' || coalesce({quoted}, 'null')")
    line = "'{' || " + " || ',' || ".join(pairs) + " || '}'"
    return f"CASE WHEN bad_kind = {BROKEN_LINE} THEN left({line}, length({line}) // 2) ELSE {line} END"
