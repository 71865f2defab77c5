"""Typed numbers against open waybills: what is taken, what is asked, what is rejected, and how often that is right."""

import csv
from statistics import median

import duckdb
import pytest

from tests.byhand.planted import ERRORS, sheet
from tests.byhand.score import matched, parameters, scored

SEED = 7  # neither the one the parameters were tuned on nor the one held out


def best(connection: duckdb.DuckDBPyConnection, number: str, **given: str) -> dict:
    return matched(connection, [{"row": 1, "number": number, **given}])[0]


@pytest.fixture(scope="module")
def parcel(connection: duckdb.DuckDBPyConnection):
    """`parcel("SF")`: an open parcel of a carrier with its number, city and code, the first by number."""

    def found(carrier: str, state: str = "open") -> tuple[str, str, str]:
        is_open = "is null" if state == "open" else "is not null"
        return connection.execute(
            f"""select waybill, destination_city, fulfilment_code from published.marts.dim_waybills
            inner join published.marts.fct_suborders using (fulfilment_code)
            where carrier = $1 and signed_at {is_open} order by waybill offset 100 limit 1""",
            [carrier],
        ).fetchone()

    return found


@pytest.mark.parametrize(
    ("number", "passes"),
    [
        ("RR473124829US", True),  # the example of the standard
        ("RR473124828US", False),
        ("RR473124289US", False),  # two digits swapped
        ("EE473124829US", True),  # the letters are not part of it
        ("RR473124829", False),
        ("SF1403000693", False),
    ],
)
def test_the_check_digit_of_the_postal_union(connection, number: str, passes: bool) -> None:
    assert connection.execute("select passes_s10($1)", [number]).fetchone() == (passes,)


def test_all_made_numbers_of_the_post_hold_their_check(connection) -> None:
    (failing,) = connection.execute(
        "select count(*) from published.marts.dim_waybills where carrier = 'EMS' and not passes_s10(waybill)"
    ).fetchone()
    assert failing == 0


def test_a_number_as_it_is_is_taken(connection, parcel) -> None:
    number, city, code = parcel("SF")
    found = best(connection, number, city=city, carrier="顺丰")
    assert (found["outcome"], found["kind"], found["waybill"], found["fulfilment_code"]) == (
        "taken",
        "exact",
        number,
        code,
    )
    assert (found["is_city"], found["is_carrier"]) == (True, True)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda number: number[:-1], "omission"),
        (lambda number: number + number[-1], "addition"),
        (lambda number: number[:4] + "9" + number[5:], "substitution"),
        (lambda number: number[:2] + number[3] + number[2] + number[4:], "transposition"),
        (lambda number: number.replace("0", "O"), "lookalike"),
        (lambda number: "5F" + number[2:], "lookalike"),
    ],
)
def test_each_kind_of_mistake_is_told(connection, parcel, change, kind: str) -> None:
    number, city, _ = parcel("SF")
    assert change(number) != number
    found = best(connection, change(number), city=city, carrier="SF")
    assert (found["outcome"], found["kind"], found["waybill"]) == ("taken", kind, number)


@pytest.mark.parametrize(
    ("typed", "meant", "kind"),
    [
        ("A321", "A123", "jump"),
        ("A1442", "A1552", "twin"),
        ("A4142", "A5152", "jump_twin"),
        ("A16", "A60", "phonetic"),
        ("A60", "A16", "phonetic"),
        ("B124", "A125", "two"),
    ],
)
def test_two_places_that_are_one_mistake(connection, typed: str, meant: str, kind: str) -> None:
    assert connection.execute("select pair_of_mistakes($1, $2)", [typed, meant]).fetchone() == (kind,)


def test_a_chinese_sign_is_one_character(connection, parcel) -> None:
    number, city, _ = parcel("YCSP")
    found = best(connection, "K" + number[1:], city=city)
    assert (found["outcome"], found["waybill"], found["kind"]) == ("taken", number, "substitution") or found[
        "kind"
    ] == "lookalike"


def test_the_city_decides_between_neighbours(connection) -> None:
    """Two open numbers that differ in one place, which is illegible: it is asked, unless a city tells."""
    one, city, other = connection.execute(
        """
        with open as (
            select waybill, destination_city as city from published.marts.dim_waybills
            inner join published.marts.fct_suborders using (fulfilment_code)
            where carrier = 'DEPPON' and signed_at is null
        )
        select a.waybill, a.city, b.waybill from open as a, open as b
        where hamming(a.waybill, b.waybill) = 1 and a.waybill < b.waybill and a.city <> b.city
        order by a.waybill limit 1
        """
    ).fetchone()
    typed = "".join(a if a == b else "X" for a, b in zip(one, other, strict=True))
    alone = matched(connection, [{"row": 1, "number": typed, "carrier": "DEPPON"}])
    assert alone[0]["outcome"] == "queued"
    assert {one, other} <= {row["waybill"] for row in alone}
    told = best(connection, typed, carrier="DEPPON", city=f"浙江省{city}市")
    assert (told["waybill"], told["is_city"]) == (one, True)


def test_a_closed_order_is_asked_about_never_taken(connection, parcel) -> None:
    number, city, _ = parcel("SF", "closed")
    found = best(connection, number, city=city, carrier="SF")
    assert (found["outcome"], found["kind"], found["waybill"]) == ("queued", "closed", number)


def test_a_valid_check_digit_speaks_against_a_typing_mistake(connection, parcel) -> None:
    """A digit and the check digit are not ours. Where they fit each other it is more likely another parcel's number."""
    number, city, _ = parcel("EMS")
    typed = [
        {
            "row": 10 * int(digit) + int(check),
            "number": number[:5] + digit + number[6:10] + check + number[11:],
            "city": city,
        }
        for digit in set("0123456789") - {number[5]}
        for check in set("0123456789") - {number[10]}
    ]
    passing = {one["row"] for one in typed if _passes(connection, one["number"])}
    assert len(passing) >= 8
    likely = {row["row"]: row["likelihood"] for row in matched(connection, typed) if row["waybill"] == number}
    sure = parameters()["take_from"]
    assert max(likely.get(row, 0.0) for row in passing) < sure
    assert median(likely[row] for row in likely.keys() - passing) > sure


def _passes(connection: duckdb.DuckDBPyConnection, number: str) -> bool:
    return connection.execute("select passes_s10($1)", [number]).fetchone() == (True,)


def test_an_order_code_alone_is_asked_about(connection, parcel) -> None:
    number, city, code = parcel("ZTO")
    found = best(connection, "QQQQQQ", code=code, city=city, carrier="ZTO")
    assert (found["outcome"], found["kind"], found["waybill"]) == ("queued", "code", number)


def test_what_resembles_nothing_is_rejected(connection) -> None:
    found = best(connection, "999999", carrier="SF", city="宁波")
    assert (found["outcome"], found["waybill"]) == ("rejected", None)


def test_every_row_is_answered_once(connection) -> None:
    planted = sheet(connection, 200, SEED, 1.0)
    rows = matched(connection, [one.typed for one in planted])
    first = [row for row in rows if row["rank"] in (1, None)]
    assert sorted(row["row"] for row in first) == [one.typed["row"] for one in planted]
    score = scored(connection, planted)
    assert score.right + score.wrong + score.queued + score.rejected == len(planted)


def test_the_floor(connection) -> None:
    score = scored(connection, sheet(connection, 1500, SEED, 1.0))
    assert score.rows == 1500
    assert score.right_percent > 92.4, score
    assert score.wrong_percent < 0.5, score


def test_what_is_said_of_the_score_is_what_is_published() -> None:
    """Shares of keying errors as the document names them."""
    with ERRORS.open(encoding="utf-8") as stream:
        shares = {row["kind"]: row["share"] for row in csv.DictReader(stream)}
    said = (ERRORS.parents[2] / "docs" / "byhand.md").read_text(encoding="utf-8")
    assert all(
        f"{shares[kind]} %" in said
        for kind in ("substitution", "transposition", "jump", "jump_twin", "two", "length")
    )
