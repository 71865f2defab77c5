"""The company is the one that the specification describes, and its profile tells the same as its generator."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from dagster_project.demo_company import standards, tables_carriers, tables_wms
from dagster_project.demo_company.company import (
    CARRIERS,
    CLOCK_SECONDS,
    FRONTS,
    ORDER_TYPES,
    PLACES,
    SOURCES,
    TRANSFER_STANDARD,
    WAREHOUSES,
)
from dagster_project.demo_company.days import (
    DAY,
    HOUR,
    MAKE_UP,
    OFF,
    Schedules,
    dates_between,
    day_start,
    is_working,
    local_day,
    number,
    volumes,
)
from dagster_project.demo_company.dirt import RATES
from dagster_project.settings import PROFILES
from tests.unit.generator.conftest import Company

PROFILE = PROFILES / "demo"
FIRST, DAYS = number("2025-10-02"), 150


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_sizes_of_the_company() -> None:
    assert len(ORDER_TYPES) == 19
    assert len({kind.name_zh for kind in ORDER_TYPES}) == len({kind.name_en for kind in ORDER_TYPES}) == 19
    assert len(CARRIERS) == 12
    assert (WAREHOUSES, FRONTS) == (3, 7)
    assert [place for place in PLACES if place.startswith("F")] == [f"F{n}" for n in range(1, 8)]
    assert len(SOURCES) == len(CLOCK_SECONDS) == len(set(SOURCES))


def test_ten_carriers_speak_in_their_own_words() -> None:
    assert len(tables_carriers.APIS) == 10
    words = [
        frozenset((api.event_id, api.waybill, api.code, api.at, api.hub, api.written))
        for api in tables_carriers.APIS
    ]
    assert len(set(words)) == 10
    lists = [frozenset(tables_carriers.codes(carrier.source).values()) for carrier in CARRIERS]
    assert len(set(lists)) == 12
    assert len({api.time for api in tables_carriers.APIS}) == 9


def test_the_profile_has_the_codes_that_the_sources_write() -> None:
    for carrier in CARRIERS:
        told = {
            (row["event_type"], row["sign_method"]): row["code"]
            for row in _rows(PROFILE / "codes" / f"{carrier.source}_codes.csv")
        }
        assert told == tables_carriers.codes(carrier.source)
    for source, codes in tables_wms.SCAN_CODES.items():
        told_scans = {
            row["code"]: row["event_type"] for row in _rows(PROFILE / "codes" / f"{source}_scans.csv")
        }
        assert told_scans == dict(zip(codes, tables_wms.SCANS, strict=True))


def test_the_profile_knows_the_types_carriers_places_and_holidays() -> None:
    reference = PROFILE / "reference"
    types = {row["order_type"]: row for row in _rows(reference / "order_types.csv")}
    assert [*types] == [kind.code for kind in ORDER_TYPES]
    for kind in ORDER_TYPES:
        missing = types[kind.code]["missing_milestones"].split("|")
        assert ("paid" in missing, "finance_approved" in missing) == (
            not kind.has_payment,
            not kind.has_review,
        )
    told = {row["carrier"]: row["sends_collected_event"] for row in _rows(reference / "carriers.csv")}
    assert told == {carrier.code: str(carrier.sends_collected).lower() for carrier in CARRIERS}
    assert {row["place"] for row in _rows(reference / "places.csv")} == {*PLACES, "office"}
    off = {day for first, last in OFF for day in dates_between(number(first), number(last))}
    days = {row["day"]: row["kind"] for row in _rows(reference / "holidays.csv")}
    assert days == dict.fromkeys(off, "off") | dict.fromkeys(MAKE_UP, "work")


def test_the_standards_of_profile_and_generator_are_the_same() -> None:
    assert (PROFILE / "reference" / "standards.csv").read_bytes() == standards.FILE.read_bytes()
    transfer = {place: minutes for stage, place, _, minutes in standards.standards() if stage == "transfer"}
    assert transfer == dict(zip("ABC", TRANSFER_STANDARD, strict=True))


def test_every_rate_of_dirt_is_documented() -> None:
    text = (PROFILE / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| (\w+) \| ([\d.]+) \| ", text, re.MULTILINE)
    assert {kind: float(rate) for kind, rate in told} == RATES


def test_spring_festival_is_off_and_its_make_up_saturdays_are_worked() -> None:
    days = np.array(
        [number(day) for day in ("2026-02-14", "2026-02-15", "2026-02-23", "2026-02-24", "2026-02-28")]
    )
    assert is_working(days).tolist() == [True, False, False, True, True]
    assert not is_working(np.array([number("2026-01-10")]))[0]


def test_midnight_belongs_to_the_day_it_ends() -> None:
    start = int(day_start(number("2026-01-05")))
    assert local_day(np.array([start, start + 1])).tolist() == [number("2026-01-04"), number("2026-01-05")]


def test_the_office_takes_up_in_the_morning_what_came_in_the_evening() -> None:
    schedules = Schedules(number("2026-01-05"), 10)
    monday = int(day_start(number("2026-01-05")))
    evening = np.array([monday + 17 * HOUR + 1800, monday + 20 * HOUR])
    done = schedules.office.add(evening, np.array([HOUR, HOUR]))
    assert done.tolist() == pytest.approx([monday + DAY + 8 * HOUR + 1800, monday + DAY + 9 * HOUR], abs=5)


def test_the_warehouses_stand_still_from_hour_37_of_the_first_peak() -> None:
    schedules = Schedules(number("2025-11-01"), 40)
    peak = int(day_start(number("2025-11-11")))
    work = np.array([2 * HOUR])
    before = schedules.stock.add(np.array([peak + 30 * HOUR + 1800]), work)
    assert before[0] - peak < 37 * HOUR
    stuck = schedules.stock.add(np.array([peak + 37 * HOUR]), work)
    assert stuck[0] - peak > (37 + 40) * HOUR


def test_days_are_as_busy_as_the_company_says() -> None:
    volume = volumes(np.random.default_rng([7, 2]), FIRST, DAYS, 890)
    peaks = {number("2025-11-11"): 5832, number("2026-02-05"): 7241}
    assert {day: int(volume[day - FIRST]) for day in peaks} == peaks
    usual = np.delete(volume, [day + near - FIRST for day in peaks for near in (-1, 0, 1, 2)])
    assert usual.mean() == pytest.approx(890, rel=0.05)
    working = is_working(np.arange(FIRST, FIRST + DAYS))
    assert volume[~working].mean() < 0.6 * volume[working].mean()


def test_peaks_scale_with_the_size() -> None:
    volume = volumes(np.random.default_rng([7, 2]), FIRST, DAYS, 89)
    assert volume[number("2025-11-11") - FIRST] == 583


def test_one_order_in_four_is_split_over_three_routes(company: Company) -> None:
    shares = company.history.execute(
        """
        SELECT avg((parts > 1)::INTEGER), avg((parts = 1)::INTEGER)
        FROM (SELECT ord, count(*) AS parts FROM suborders WHERE replaces < 0 GROUP BY ord)
        """
    ).fetchone()
    assert shares is not None
    assert shares[0] == pytest.approx(0.25, abs=0.02)
    routes = company.history.execute(
        "SELECT route, count(*) FROM suborders GROUP BY route ORDER BY route"
    ).fetchall()
    assert [route for route, _ in routes] == [0, 1, 2]
    assert min(count for _, count in routes) > 500


def test_all_types_places_and_carriers_occur(company: Company) -> None:
    found = company.history.execute(
        "SELECT count(DISTINCT orders.type), count(DISTINCT place), count(DISTINCT carrier)"
        " FROM orders JOIN suborders USING (ord)"
    ).fetchone()
    assert found == (19, len(PLACES), 12)


def test_no_two_systems_know_a_customer_by_the_same_number(company: Company) -> None:
    def values(pattern: str, column: str) -> set[str]:
        rows = company.history.execute(
            f"SELECT DISTINCT {column} FROM read_csv(?, all_varchar = true, strict_mode = false, ignore_errors = true)",
            [str(company.source / pattern)],
        )
        return {row[0] for row in rows.fetchall()}

    erp = values("erp/customers/*/*.csv", "customer_no")
    crm = values("crm/contacts/*/*.csv", "contact_id")
    wechat = values("wechat/queries/*/*.csv", "openid")
    assert len(erp) > 500 and len(crm) > 200 and len(wechat) > 200
    assert not (erp & crm or erp & wechat or crm & wechat)
