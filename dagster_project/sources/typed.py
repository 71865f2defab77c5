"""From text to types: the SQL that a contract's columns become, and the sentence for a value that does not
fit.

Belongs here: expressions over the text columns `"_t.<column>"`. Which rows they run on is the business of
landing.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from . import sql
from .contracts import Column, TableContract

_TRUE = "'true', 't', '1', 'yes', 'y', '是'"
_FALSE = "'false', 'f', '0', 'no', 'n', '否'"
_INSTANT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)"


def text_column(column: Column) -> str:
    """The name under which a column's text stands in the queries of landing."""
    return sql.name(f"_t.{column.name}")


def normalised(raw: str, contract: TableContract) -> str:
    """Text without blanks around it; empty text and the contract's null words are null."""
    # Trimming every value costs more than all else together, so only values with a blank at an end are
    # trimmed.
    ends = " OR ".join(f"ends_with({raw}, '{blank}')" for blank in (" ", "\t", "\u3000"))
    has_blank = f"{raw} < '!' OR {ends} OR ({raw} >= '\u3000' AND {raw} < '\u3001')"
    trimmed = f"CASE WHEN {has_blank} THEN nullif(trim({raw}, ' \t\u3000'), '') ELSE {raw} END"
    if not contract.nulls:
        return trimmed
    return f"CASE WHEN {trimmed} NOT IN ({_words(contract.nulls)}) THEN {trimmed} END"


def value(column: Column) -> str:
    """The typed value of a column; null where its text does not fit the type."""
    text = text_column(column)
    match column.type:
        case "text":
            return text
        case "integer":
            return _integer(text)
        case "decimal":
            return f"CASE WHEN NOT contains({text}, '_') THEN try_cast({text} AS {column.sql_type}) END"
        case "boolean":
            word = f"lower({text})"
            return f"CASE WHEN {word} IN ({_TRUE}) THEN true WHEN {word} IN ({_FALSE}) THEN false END"
        case "date":
            return f"CAST(try_strptime({text}, [{_words(column.formats)}]) AS DATE)"
        case "timestamp":
            return instant(f"try_strptime({text}, [{_words(column.formats)}])", column.zone)
        case "epoch_ms":
            return f"make_timestamptz(try_cast({_epoch(text, 13)} AS BIGINT) * 1000)"
        case "epoch_s":
            return f"make_timestamptz(try_cast({_epoch(text, 10)} AS BIGINT) * 1000000)"
        case "instant":
            return f"CASE WHEN {_has_offset(text)} THEN try_cast({text} AS TIMESTAMPTZ) END"
        case "iso":
            local = instant(f"try_strptime({text}, [{_words(column.formats)}])", column.zone)
            return f"CASE WHEN {_has_offset(text)} THEN try_cast({text} AS TIMESTAMPTZ) ELSE {local} END"
    raise ValueError(f"no such column type: {column.type}")


def _has_offset(text: str) -> str:
    return f"regexp_full_match({text}, '{_INSTANT}')"


def instant(naive: str, zone: str) -> str:
    """A naive timestamp as the instant it means in a zone: of two, the first; one that the clock skipped is
    read by the offset before the jump."""
    at = f"AT TIME ZONE {sql.text(zone)}"
    if not _changes_clock(zone, 1970):
        return f"({naive}) {at}"
    before = f"((({naive}) - INTERVAL 3 HOUR) {at} + INTERVAL 3 HOUR)"
    plain = f"(({naive}) {at})"
    cheap = "" if _changes_clock(zone, 2000) else f"WHEN ({naive}) >= TIMESTAMP '2000-01-02' THEN {plain} "
    return (
        f"CASE {cheap}WHEN {before} {at} = ({naive}) THEN {before}"
        f" WHEN {plain} {at} = ({naive}) THEN {plain} ELSE {before} END"
    )


def is_bad(column: Column, codes: dict[str, tuple[str, ...]], is_typed: bool) -> str | None:
    """A condition that holds where a column breaks its contract; None if it cannot. `is_typed`: it came with
    its type."""
    conditions = [condition for condition, _ in _rules(column, codes, is_typed)]
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions) or None


def reason(column: Column, codes: dict[str, tuple[str, ...]], is_typed: bool) -> str | None:
    """An SQL text: one sentence on what is wrong with a column's value and what to do; null where nothing
    is."""
    text = text_column(column)
    shown = "'the value (not shown: personal)'" if column.personal else f"'''' || left({text}, 100) || ''''"
    cases = " ".join(
        f"WHEN coalesce({condition}, false) THEN "
        + (sql.text(words) if " is missing" in words else f"{shown} || {sql.text(words)}")
        for condition, words in _rules(column, codes, is_typed)
    )
    return f"'column {_in_text(column.name)}: ' || CASE {cases} END" if cases else None


def create_landed(contract: TableContract) -> str:
    """The statement that makes a landed table, if missing."""
    columns = ", ".join(f"{sql.name(column.name)} {column.sql_type}" for column in contract.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {sql.landed_name(contract.source, contract.name)} ({columns},"
        " _row_hash UBIGINT, _load_seq BIGINT, _load_id VARCHAR, _file VARCHAR, _record BIGINT,"
        " _recorded_at TIMESTAMPTZ)"
    )


def recorded_at(contract: TableContract) -> str:
    """The instant a row was recorded: its column, else the file's own time."""
    if contract.recorded_at is None:
        return "_file_recorded_at"
    return f"coalesce({sql.name(contract.recorded_at)}, _file_recorded_at)"


def _rules(column: Column, codes: dict[str, tuple[str, ...]], is_typed: bool) -> list[tuple[str, str]]:
    """Each way a column can be wrong: a condition over text and value, and the words that follow the
    value."""
    text, typed = text_column(column), sql.name(column.name)
    rules = []
    if column.required:
        missing = f"{typed if is_typed else text} IS NULL"
        rules.append((missing, "a value is missing; send the row again with one"))
    if column.type != "text" and not is_typed:
        words = f" {_EXPECTED[column.type](column)}"
        rules.append((f"{text} IS NOT NULL AND {typed} IS NULL", words))
        if column.type in ("date", "timestamp", "iso"):
            # strptime takes the words epoch and infinity by any format, for the first day of 1900
            is_early = f"{typed} < CAST('1900-01-03' AS {column.sql_type})"
            rules.append((f"CASE WHEN {is_early} THEN NOT regexp_matches({text}, '[0-9]') END", words))
    if column.minimum is not None:
        rules.append((f"{typed} < {column.minimum}", f" is below {column.minimum}; correct it at the source"))
    if column.maximum is not None:
        rules.append((f"{typed} > {column.maximum}", f" is above {column.maximum}; correct it at the source"))
    if column.accepted:
        listed = ", ".join(column.accepted)
        rules.append(
            (f"{text} NOT IN ({_words(column.accepted)})", f" is none of {listed}; correct it or accept it")
        )
    if column.codes:
        words = f" is not in codes/{column.codes}.csv; add the code there with its meaning"
        rules.append((f"{text} NOT IN ({_words(codes[column.codes])})", words))
    return rules


_EXPECTED = {
    "integer": lambda column: "is no whole number; correct it at the source",
    "decimal": lambda column: "is no number; correct it at the source (no thousands separators)",
    "boolean": lambda column: "is neither true nor false; write true, false, 1 or 0",
    "date": lambda column: (
        f"is no date like {column.formats[0]}; correct it or add its format to the contract"
    ),
    "timestamp": lambda column: (
        f"is no time like {column.formats[0]}; correct it or add its format to the contract"
    ),
    "epoch_ms": lambda column: "is no time in milliseconds since 1970; correct it at the source",
    "epoch_s": lambda column: "is no time in seconds since 1970; correct it at the source",
    "instant": lambda column: (
        "is no instant with an offset like 2026-01-31T08:00:00+08:00; correct it at the source"
    ),
    "iso": lambda column: (
        "is no time like 2026-01-31T08:00:00, with an offset or without; correct it at the source"
    ),
}


def _integer(text: str) -> str:
    # DuckDB's own cast rounds 1.5 to 2 and takes 1e3 and 0x10; a count that needs guessing is refused
    # instead.
    is_whole = f"regexp_full_match({text}, '[+-]?[0-9]{{1,18}}(\\.0*)?')"
    return f"CASE WHEN {is_whole} THEN try_cast({text} AS BIGINT) END"


def _epoch(text: str, digits: int) -> str:
    # Bounded to 9999, so that the product never overflows.
    return f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,{digits + 1}}}(\\.0*)?') THEN {text} END"


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(sql.text(word) for word in words)


def _in_text(word: str) -> str:
    return word.replace("'", "''")


def fixed_offset_seconds(zone: str) -> int | None:
    """What a zone's clock has been ahead of UTC since 2000, in seconds; None if that was changed."""
    offsets = _offsets(zone, 2000)
    return int(next(iter(offsets)).total_seconds()) if len(offsets) == 1 else None


def _changes_clock(zone: str, since: int) -> bool:
    """Whether a zone's clock was changed since the start of a year, so that a naive time may mean two
    instants."""
    return len(_offsets(zone, since)) > 1


@cache
def _offsets(zone: str, since: int) -> frozenset[timedelta]:
    """What a zone's clock has been ahead of UTC since the start of a year."""
    info = ZoneInfo(zone)
    start = datetime(since, 1, 1, tzinfo=UTC)
    offsets = [(start + timedelta(days=step)).astimezone(info).utcoffset() for step in range(0, 25_000, 5)]
    return frozenset(offset for offset in offsets if offset is not None)
