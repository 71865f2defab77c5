"""Sheets as a clerk would type them from waybills that are open, with mistakes by the shares of keying_errors.csv."""

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

ERRORS = Path(__file__).with_name("keying_errors.csv")
# Bell Laboratories by ISMP 2000: these pairs make over half of what is misread; the neighbours are those of a keypad
MISREAD = {"0": "O", "O": "0", "1": "7I", "7": "1", "I": "1", "2": "Z", "Z": "2"}
NEIGHBOURS = {"0": "12", "1": "024", "2": "0135", "3": "26", "4": "157", "5": "2468", "6": "359", "7": "48",
              "8": "579", "9": "68"}  # fmt: skip
CITY_GIVEN, CITY_WRONG = 0.85, 0.04
CARRIER_GIVEN, CARRIER_WRONG = 0.96, 0.01
CODE_GIVEN, CODE_MISTYPED = 0.20, 0.05
TIME_WRONG = 0.02
OPEN = """
    select waybills.carrier, waybill, fulfilment_code, destination_city as city,
        timezone((select timezone from published.meta.run),
            coalesce(outbound_at, supplier_shipped_at, picked_up_at)) as handed_over_at,
        timezone((select timezone from published.meta.run), (select as_of from published.meta.run)) as now_at
    from published.marts.fct_suborders
    inner join published.marts.dim_waybills as waybills using (fulfilment_code)
    where signed_at is null and closed_at is null and not is_cancelled and is_live and handed_over_at is not null
        and handed_over_at >= now_at - to_days(60)
    order by waybill
"""


@dataclass(frozen=True)
class Planted:
    """A typed row, what was meant, and the mistake."""

    typed: dict[str, str | int | None]
    meant: str
    kind: str


def sheet(connection: duckdb.DuckDBPyConnection, rows: int, seed: int, mistyped: float) -> list[Planted]:
    """Rows from open waybills of the published file; the share `mistyped` of them with a mistake in the number."""
    draw = random.Random(seed)
    parcels = connection.execute(OPEN).fetchall()
    cities = sorted({parcel[3] for parcel in parcels})
    carriers = sorted({parcel[0] for parcel in parcels})
    made = []
    for row, parcel in enumerate(draw.sample(parcels, min(rows, len(parcels)))):
        carrier, waybill, code, city, handed_over, now = parcel
        is_mistyped = draw.random() < mistyped
        kind, number = mistake(waybill, draw) if is_mistyped else ("none", waybill)
        made.append(
            Planted(
                {
                    "row": row,
                    "number": number,
                    "carrier": _given(carrier, carriers, CARRIER_GIVEN, CARRIER_WRONG, draw),
                    "city": _given(city, cities, CITY_GIVEN, CITY_WRONG, draw),
                    "code": _code(code, draw),
                    "at": _time(handed_over, now, draw).isoformat(sep=" ", timespec="minutes"),
                },
                waybill,
                kind,
            )
        )
    return made


def foreign(connection: duckdb.DuckDBPyConnection, rows: int, seed: int) -> list[Planted]:
    """Rows that name parcels of others: every digit but the first four of the number is another company's."""
    draw = random.Random(seed)
    made = []
    for planted in sheet(connection, rows, seed, 0):
        head, tail = planted.meant[:4], planted.meant[4:]
        number = head + "".join(draw.choice("0123456789") if at.isdigit() else at for at in tail)
        made.append(Planted({**planted.typed, "number": number, "code": None}, "", "foreign"))
    return made


def mistake(number: str, draw: random.Random) -> tuple[str, str]:
    """One mistake in a number, by the published shares; where a number has no place for a kind, another."""
    with ERRORS.open(encoding="utf-8") as stream:
        shares = {row["kind"]: float(row["share"]) for row in csv.DictReader(stream)}
    length = shares.pop("length")
    rest = (100 - length) / sum(shares.values())
    weights = {
        **{kind: share * rest for kind, share in shares.items()},
        "omission": length / 2,
        "addition": length / 2,
    }
    while True:
        (kind,) = draw.choices(list(weights), list(weights.values()))
        typed = MAKE[kind](number, draw)
        if typed is not None and typed != number:
            return kind, typed


def _substitution(number: str, draw: random.Random) -> str:
    at = draw.randrange(len(number))
    close = MISREAD.get(number[at], "") + NEIGHBOURS.get(number[at], "")
    others = "0123456789" if number[at].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    put = draw.choice(close) if close and draw.random() < 0.5 else draw.choice(others.replace(number[at], ""))
    return number[:at] + put + number[at + 1 :]


def _transposition(number: str, draw: random.Random) -> str:
    at = draw.randrange(len(number) - 1)
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def _jump(number: str, draw: random.Random) -> str:
    at = draw.randrange(len(number) - 2)
    return number[:at] + number[at + 2] + number[at + 1] + number[at] + number[at + 3 :]


def _double(number: str, apart: int, draw: random.Random) -> str | None:
    places = [
        at for at in range(len(number) - apart) if number[at] == number[at + apart] and number[at].isdigit()
    ]
    if not places:
        return None
    at, put = draw.choice(places), draw.choice("0123456789")
    return number[:at] + put + number[at + 1 : at + apart] + put + number[at + apart + 1 :]


def _phonetic(number: str, draw: random.Random) -> str | None:
    places = [
        at
        for at in range(len(number) - 1)
        if number[at].isdigit() and number[at] > "1" and number[at + 1] == "0"
    ]
    if not places:
        return None
    at = draw.choice(places)
    return number[:at] + "1" + number[at] + number[at + 2 :]


def _omission(number: str, draw: random.Random) -> str:
    at = draw.randrange(len(number))
    return number[:at] + number[at + 1 :]


def _addition(number: str, draw: random.Random) -> str:
    """Half of them a key that was struck twice."""
    at = draw.randrange(len(number))
    put = number[at] if draw.random() < 0.5 else draw.choice("0123456789")
    return number[:at] + put + number[at:]


def _two(number: str, draw: random.Random) -> str:
    return _substitution(_substitution(number, draw), draw)


MAKE: dict[str, Callable[[str, random.Random], str | None]] = {
    "substitution": _substitution,
    "transposition": _transposition,
    "jump": _jump,
    "twin": lambda number, draw: _double(number, 1, draw),
    "jump_twin": lambda number, draw: _double(number, 2, draw),
    "phonetic": _phonetic,
    "omission": _omission,
    "addition": _addition,
    "two": _two,
}


def _given(right: str, others: list[str], given: float, wrong: float, draw: random.Random) -> str | None:
    if draw.random() >= given:
        return None
    return draw.choice(others) if draw.random() < wrong else right


def _code(code: str, draw: random.Random) -> str | None:
    if draw.random() >= CODE_GIVEN:
        return None
    return mistake(code, draw)[1] if draw.random() < CODE_MISTYPED else code


def _time(handed_over: datetime, now: datetime, draw: random.Random) -> datetime:
    """Within three days before now, and after the parcel was handed over; a few on a wrong day."""
    if draw.random() < TIME_WRONG:
        return handed_over - timedelta(days=draw.uniform(1, 10))
    start = max(handed_over, now - timedelta(days=3))
    return start + (now - start) * draw.random()
