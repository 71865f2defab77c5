"""SQL pieces the source tables share: times as each source writes them, names by index, the rows of events.

Belongs here: text that is the same for several sources. Values are constants of this package, never input.
"""

from collections.abc import Iterable

from .company import CARRIERS, CITIES, KIND, METHOD, PLACES, SOURCES
from .dirt import LOST, MALFORMED
from .history import Size

_LOCAL = "make_timestamp(CAST(({0} + 28800) * 1000000 AS BIGINT))"


def local(at: str) -> str:
    """2026-01-05 10:11:12, the company's clock, without a zone."""
    return f"CAST({_LOCAL.format(at)} AS VARCHAR)"


def local_timestamp(at: str) -> str:
    return _LOCAL.format(at)


def slashes(at: str) -> str:
    """2026/01/05 10:11:12."""
    return f"replace({local(at)}, '-', '/')"


def with_t(at: str) -> str:
    """2026-01-05T10:11:12."""
    return f"replace({local(at)}, ' ', 'T')"


def with_offset(at: str) -> str:
    """2026-01-05T10:11:12+08:00."""
    return f"{with_t(at)} || '+08:00'"


def utc(at: str) -> str:
    """2026-01-05 02:11:12, naive, in UTC."""
    return f"CAST(make_timestamp(CAST({at} * 1000000 AS BIGINT)) AS VARCHAR)"


def zulu(at: str) -> str:
    """2026-01-05T02:11:12Z."""
    return f"replace({utc(at)}, ' ', 'T') || 'Z'"


def digits(at: str) -> str:
    """20260105101112."""
    return f"replace(replace(replace({local(at)}, '-', ''), ':', ''), ' ', '')"


def minutes(at: str) -> str:
    """2026/01/05 10:11, as people type it."""
    return f"left({slashes(at)}, 16)"


def seconds(at: str) -> str:
    return f"CAST({at} AS VARCHAR)"


def milliseconds(at: str) -> str:
    return f"CAST({at} * 1000 AS VARCHAR)"


def day(number: str) -> str:
    """A local day number as 2026/01/05; null below 0."""
    date = f"CAST(DATE '1970-01-01' + CAST({number} AS INTEGER) AS VARCHAR)"
    return f"CASE WHEN {number} >= 0 THEN replace({date}, '-', '/') END"


def present(at: str, text: str) -> str:
    """`text` where the time `at` is there."""
    return f"CASE WHEN {at} >= 0 THEN {text} END"


def pick(names: Iterable[str], index: str) -> str:
    """The name at a 0-based index; null below 0."""
    listed = ", ".join("'" + name + "'" for name in names)
    return f"[{listed}][CASE WHEN {index} >= 0 THEN {index} + 1 END]"


def place(index: str) -> str:
    return pick(PLACES, index)


def carrier(index: str) -> str:
    return pick([entry.code for entry in CARRIERS], index)


def city(index: str) -> str:
    return pick([entry.name for entry in CITIES], index)


def province(index: str) -> str:
    return pick([entry.province for entry in CITIES], index)


def code_of_kind(codes: dict[tuple[str, str], str]) -> str:
    """The source's own code of an event, by kind and sign method."""
    cases = " ".join(
        f"WHEN {KIND[kind] * 8 + METHOD[method]} THEN '{code}'" for (kind, method), code in codes.items()
    )
    return f"CASE kind::INTEGER * 8 + method {cases} END"


def event_rows(size: Size, source: str, kinds: Iterable[str]) -> str:
    """The rows a source writes about events of some kinds, copies included.

    Columns: those of events, bad and seq, of the sub-order code, waybill, city …, of the order order_no.
    """
    listed = ", ".join(str(KIND[kind]) for kind in kinds)
    return f"""
        WITH chosen AS (
            SELECT * FROM events
            WHERE source = {SOURCES.index(source)} AND kind IN ({listed}) AND fate <> {LOST}
        ), copies AS (
            SELECT *, 0 AS copy FROM chosen
            UNION ALL SELECT *, 1 FROM chosen WHERE is_twice
            UNION ALL SELECT * REPLACE (again AS recorded), 2 FROM chosen WHERE again >= 0
                AND again <= {size.end}
        )
        SELECT copies.ev, copies.kind, copies.shown, copies.recorded, copies.method, copies.place,
            copies.fate = {MALFORMED} AS bad, (copies.ev * 2 + copies.version) * 4 + copies.copy AS seq,
            suborders.code, suborders.waybill, suborders.city, suborders.sender, suborders.place AS origin,
            suborders.sub, orders.order_no, orders.ord, orders.customer, orders.cents
        FROM copies
        LEFT JOIN suborders ON suborders.sub = copies.sub
        LEFT JOIN orders ON orders.ord = copies.ord"""


_WAYBILLS = {
    "SF": "'SF' || (1403000000000 + {sub} * 7)", "STO": "'' || (773200000000000 + {sub} * 3)",
    "ZTO": "'' || (78600000000000 + {sub} * 9)", "YTO": "'YT' || (8810000000000 + {sub} * 5)",
    "YUNDA": "'' || (462000000000000 + {sub} * 11)", "JD": "'JDX' || lpad('' || {sub}, 11, '0')",
    "DEPPON": "'DPK' || (202500000000 + {sub})", "JT": "'JT' || (5120000000000 + {sub} * 7)",
    "EMS": "'EB' || lpad('' || {sub}, 9, '0') || 'CN'", "KYE": "'KY' || (40000000000 + {sub} * 3)",
    "YCSP": "'甬' || lpad('' || {sub}, 8, '0')", "ZJKY": "'ZJ' || lpad('' || {sub}, 8, '0')",
}  # fmt: skip


def name_things(size: Size) -> list[str]:
    """Statements that give orders and sub-orders the numbers the sources know them by."""
    waybill = " ".join(
        f"WHEN {at} THEN {_WAYBILLS[entry.code].format(sub='sub')}" for at, entry in enumerate(CARRIERS)
    )
    return [
        "ALTER TABLE orders ADD COLUMN order_no VARCHAR",
        f"""UPDATE orders SET order_no = 'XG' || replace({day("day")}, '/', '') || lpad('' || (nth + 1), 5,
            '0')""",
        "ALTER TABLE suborders ADD COLUMN code VARCHAR",
        "ALTER TABLE suborders ADD COLUMN waybill VARCHAR",
        "UPDATE suborders SET code = 'LY' || lpad('' || (sub + 1), 8, '0')",
        f"UPDATE suborders SET waybill = CASE carrier {waybill} END",
    ]
