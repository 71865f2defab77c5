"""What the values of a column look like: how many are times, numbers, counts, and in which forms times are written."""

from dataclasses import dataclass

import duckdb

from dagster_project.sources.columns import EXCEL_SERIAL

from .seeds import words

TIME_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M", "%Y.%m.%d",
    "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日 %H时%M分", "%Y年%m月%d日",
    "%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S",
)  # fmt: skip
_DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_MONTH_FIRST = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")
_SERIAL = r"[2-6][0-9]{4}(\.[0-9]+)?"
_LIKE_A_TIME = "^([0-9]{1,4}[-/.年][0-9]{1,2}[-/.月][0-9]|[0-9]{8}( |$)|[0-9]{14}$)"
_SAMPLE = 1000
_MIDNIGHTS = 0.02  # of times with a clock a handful is midnight; of days all are


@dataclass(frozen=True)
class Values:
    """Shares are of the filled cells that say something; `nothing` are the words found that say nothing,
    `cut` the long numbers that a spreadsheet has shortened, as 2.02601E+13."""

    filled: int
    rows: int
    distinct: int
    times: float
    midnights: float
    counts: float
    numbers: float
    states: int
    phones: float
    cut: int
    formats: tuple[str, ...]
    is_day_month_unclear: bool
    nothing: tuple[str, ...]
    examples: tuple[str, ...]

    @property
    def has_days(self) -> bool:
        """Whether a time of midnight is a day that was written without a time."""
        return self.midnights > _MIDNIGHTS

    @property
    def are_days(self) -> bool:
        return self.midnights == 1


def look_at(connection: duckdb.DuckDBPyConnection, relation: str, column: str, states: list[str]) -> Values:
    """The looks of a column of texts.

    Args:
        relation: what FROM reads.
        column: the column as quoted SQL.
    """
    (rows,) = connection.execute(f"select count(*) from {relation}").fetchone()  # type: ignore[misc]
    connection.execute(
        f"create or replace temp table looked_at as select trim({column}, ' \t\u3000') as value from {relation}"
    )
    nothing = connection.execute(
        "select distinct value from looked_at where list_contains($1, lower(value)) order by value",
        [list(words("nothing"))],
    ).fetchall()
    said = [word for (word,) in nothing]
    connection.execute("delete from looked_at where value = ''")
    row = connection.execute(
        f"""
        select
            count(value), count(distinct value),
            count(*) filter (regexp_full_match(value, '[0-9]{{1,9}}([.]0*)?')),
            count(*) filter (regexp_full_match(value, '[¥￥$-]?[0-9][0-9,，]*([.][0-9]+)?元?')),
            count(*) filter (regexp_full_match(value, '{_SERIAL}')),
            count(distinct value) filter (list_contains($2, lower(value))),
            count(*) filter (regexp_full_match(value, '([+]?86[- ]?)?1[3-9][0-9][- ]?[0-9]{{4}}[- ]?[0-9]{{4}}')),
            count(*) filter (regexp_full_match(value, '[0-9]([.][0-9]+)?[eE][+][0-9]{{2}}'))
        from looked_at where not list_contains($1, value)
        """,
        [said, states],
    ).fetchone()
    assert row is not None
    filled, distinct, counts, numbers, serials, known_states, phones, cut = row
    formats = _formats(connection)
    by_order = [_parsed(connection, forms) for forms in (_DAY_FIRST, _MONTH_FIRST)]
    if formats and sum(by_order):
        unfit = _DAY_FIRST if by_order[1] > by_order[0] else _MONTH_FIRST
        formats = [form for form in formats if form not in unfit]
    parsed, midnights = _times(connection, said, formats, is_serial=serials > 0)
    if serials:
        formats.append(EXCEL_SERIAL)
    examples = connection.execute(
        "select value from looked_at where value is not null group by value order by count(*) desc, value limit 3"
    ).fetchall()
    return Values(
        filled=filled,
        rows=rows,
        distinct=distinct,
        times=parsed / filled if filled else 0.0,
        midnights=midnights / parsed if parsed else 0.0,
        counts=counts / filled if filled else 0.0,
        numbers=numbers / filled if filled else 0.0,
        states=known_states,
        phones=phones / filled if filled else 0.0,
        cut=cut,
        formats=tuple(formats),
        is_day_month_unclear=by_order[0] > 0 and by_order[0] == by_order[1],
        nothing=tuple(said),
        examples=tuple(value for (value,) in examples),
    )


def _formats(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The forms in which some value is written: a sample of those not yet understood is tried until none is new."""
    everything = (*TIME_FORMATS, *_DAY_FIRST, *_MONTH_FIRST)
    counted = ", ".join(f"count(try_strptime(value, '{form}'))" for form in everything)
    found: list[str] = []
    while True:
        known = "try_strptime(value, $1) is null" if found else "true"
        row = connection.execute(
            f"""
            select {counted} from (
                select value from looked_at where regexp_matches(value, '{_LIKE_A_TIME}') and {known} limit {_SAMPLE}
            )
            """,
            [found] if found else [],
        ).fetchone()
        assert row is not None
        new = [form for form, count in zip(everything, row, strict=True) if count and form not in found]
        if not new:
            return [form for form in everything if form in found]
        found += new


def _parsed(connection: duckdb.DuckDBPyConnection, formats: tuple[str, ...]) -> int:
    """How many values with slashes are times by any of the formats."""
    row = connection.execute(
        "select count(try_strptime(value, $1)) from looked_at where regexp_matches(value, '^[0-9]{1,2}/[0-9]{1,2}/')",
        [list(formats)],
    ).fetchone()
    return row[0] if row else 0


def _times(
    connection: duckdb.DuckDBPyConnection, said: list[str], formats: list[str], is_serial: bool
) -> tuple[int, int]:
    """How many values are times by any of the formats, and how many of those are midnight."""
    if not formats and not is_serial:
        return 0, 0
    row = connection.execute(
        f"""
        with times as (
            select
                value, try_strptime(value, $2) as written,
                case when regexp_full_match(value, '{_SERIAL}') then try_cast(value as double) end as serial
            from looked_at where not list_contains($1, value)
        )
        select
            count(*) filter (written between '1990-01-01' and '2100-01-01' or serial is not null),
            count(*) filter (coalesce(written = date_trunc('day', written), serial = floor(serial)))
        from times
        """,
        [said, formats or ["%Y-%m-%d"]],
    ).fetchone()
    assert row is not None
    return row[0], row[1]
