"""From text to types: the SQL that a contract's columns become, and the sentence for a value that does not
fit.

Belongs here: expressions over the text columns `"_t.<column>"`. Which rows they run on is the business of
landing.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dagster_project.sentences import Sentence, listed, say_in_sql

from . import sql
from .columns import EXCEL_SERIAL, Column
from .contracts import TableContract

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
            return f"CAST({_time(text, column.formats)} AS DATE)"
        case "timestamp":
            return instant(_time(text, column.formats), column.zone)
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


def reason(column: Column, codes: dict[str, tuple[str, ...]], is_typed: bool) -> Sentence | None:
    """An SQL text: one sentence on what is wrong with a column's value and what to do; null where nothing
    is."""
    rules = _rules(column, codes, is_typed)
    if not rules:
        return None
    en = " ".join(f"WHEN coalesce({condition}, false) THEN {said}" for condition, said in rules)
    zh = " ".join(f"WHEN coalesce({condition}, false) THEN {said.zh}" for condition, said in rules)
    what = Sentence(f"CASE {en} END", f"CASE {zh} END")
    return say_in_sql("column", name=sql.text(column.name), what=what)


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


def _rules(column: Column, codes: dict[str, tuple[str, ...]], is_typed: bool) -> list[tuple[str, Sentence]]:
    """Each way a column can be wrong: a condition over text and value, and an SQL text that says so."""
    text, typed = text_column(column), sql.name(column.name)
    shown = say_in_sql("value_hidden") if column.personal else say_in_sql("value", text=f"left({text}, 100)")
    rules = []
    if column.required:
        missing = f"{typed if is_typed else text} IS NULL"
        rules.append((missing, say_in_sql("missing")))
    if column.type != "text" and not is_typed:
        words = say_in_sql(f"not_{column.type}", value=shown, format=_example(column))
        rules.append((f"{text} IS NOT NULL AND {typed} IS NULL", words))
        if column.type in ("date", "timestamp", "iso"):
            # strptime takes the words epoch and infinity by any format, for the first day of 1900
            is_early = f"{typed} < CAST('1900-01-03' AS {column.sql_type})"
            rules.append((f"CASE WHEN {is_early} THEN NOT regexp_matches({text}, '[0-9]') END", words))
    is_day = column.type in ("date", "timestamp")
    for limit, sign, word in ((column.minimum, "<", "below"), (column.maximum, ">", "above")):
        if limit is not None:
            bound = f"CAST({limit} AS TIMESTAMP) AT TIME ZONE {sql.text(column.zone)}"
            bound = bound if column.type == "timestamp" else limit
            stated = sql.text(limit.removeprefix("DATE ").strip("'"))
            said = say_in_sql(f"{word}_day" if is_day else word, value=shown, limit=stated)
            rules.append((f"{typed} {sign} {bound}", said))
    if column.accepted:
        accepted = listed(column.accepted)
        in_sql = Sentence(sql.text(accepted), sql.text(accepted.zh))
        said = say_in_sql("not_accepted", value=shown, accepted=in_sql)
        rules.append((f"{text} NOT IN ({_words(column.accepted)})", said))
    if column.codes:
        said = say_in_sql("not_a_code", value=shown, codes=sql.text(column.codes))
        rules.append((f"{text} NOT IN ({_words(codes[column.codes])})", said))
    return rules


def _example(column: Column) -> Sentence:
    """An SQL text: how a column's times are written."""
    wanted = column.formats[0] if column.formats else ""
    return (
        say_in_sql("excel_days") if wanted == EXCEL_SERIAL else Sentence(sql.text(wanted), sql.text(wanted))
    )


def _time(text: str, formats: tuple[str, ...]) -> str:
    """A naive timestamp by any of the formats; a workbook's number of days is exact to the second."""
    written = [word for word in formats if word != EXCEL_SERIAL]
    ways = [f"try_strptime({text}, [{_words(tuple(written))}])"] if written else []
    if EXCEL_SERIAL in formats:
        # from March 1900 on, up to the end of 9999: before, a workbook counts a day that never was
        is_serial = f"regexp_full_match({text}, '[0-9]{{2,7}}([.][0-9]+)?')"
        days = f"CAST({text} AS DOUBLE)"
        seconds = f"CAST(round({days} * 86400) AS BIGINT)"
        ways.append(
            f"CASE WHEN CASE WHEN {is_serial} THEN {days} BETWEEN 61 AND 2958465 END"
            f" THEN TIMESTAMP '1899-12-30' + to_seconds({seconds}) END"
        )
    return f"coalesce({', '.join(ways)})" if len(ways) > 1 else ways[0]


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
