"""The scorecards against a count of their own: fractions straight from the orders and their deciding sub-orders."""

import math
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from dashboards.published import ask
from dashboards.ui import navigation
from tests.unit.dashboards.reading import words

NAMES = {
    "SF": "SF Express",
    "YTO": "YTO Express",
    "WH_A": "Warehouse A",
    "WH_B": "Warehouse B",
    "FW_1": "Front warehouse Haishu",
}
Z = 1.959964
FEBRUARY = {
    **{"from_day": "2026-02-01", "to_day": "2026-02-28", "lang": "en"},
    **{"places": [], "carriers": [], "types": []},
}


@pytest.fixture
def open_scorecards(open_page, monkeypatch: pytest.MonkeyPatch):
    """The test harness opens the first page only, so it is made the first."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["scorecards", "orders"]})
    return open_page


def recounted(published: Path, by: str, since: str = "2026-02-01") -> dict[str, dict]:
    """Each one's orders on shared lanes, its rate there, and the others' rate weighted by its own orders."""
    with duckdb.connect(str(published), read_only=True) as connection:
        orders = connection.execute(
            """select orders.place, orders.carrier, destination_province, orders.is_on_time
            from marts.fct_orders as orders
            inner join marts.fct_suborders as suborders on fulfilment_code = deciding_suborder
            where orders.is_on_time is not null and signed_day >= ?::date""",
            [since],
        ).fetchall()
    lanes: dict[tuple, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    everything: dict[str, list[bool]] = defaultdict(list)
    for place, carrier, province, verdict in orders:
        code, far_end = (carrier, place) if by == "carrier" else (place, carrier)
        everything[code].append(verdict)
        if province is not None:
            lanes[far_end, province][code].append(verdict)
    told = {}
    for code, of_all in everything.items():
        own, expected, leverage = [], Fraction(0), Fraction(0)
        for served in lanes.values():
            rest = [verdict for other, verdicts in served.items() if other != code for verdict in verdicts]
            if code in served and rest:
                own += served[code]
                expected += len(served[code]) * Fraction(sum(rest), len(rest))
                leverage += Fraction(len(served[code]) ** 2, len(rest))
        rate, others = Fraction(sum(own), len(own)), expected / len(own)
        variance = rate * (1 - rate) / len(own) + others * (1 - others) * leverage / len(own) ** 2
        told[NAMES[code]] = {
            "orders": len(own),
            "all_orders": len(of_all),
            "value": 100 * rate,
            "expected": 100 * others,
            "raw": 100 * Fraction(sum(of_all), len(of_all)),
            "comparable": 100 * Fraction(len(own), len(of_all)),
            "gap": 100 * (rate - others),
            "ci_low": 100 * (rate - others) - 100 * Z * math.sqrt(variance),
            "ci_high": 100 * (rate - others) + 100 * Z * math.sqrt(variance),
        }
    return told


@pytest.mark.parametrize(("number", "by"), [(0, "carrier"), (1, "place")])
def test_the_table_is_what_the_orders_say(open_scorecards, published: Path, number: int, by: str) -> None:
    app = open_scorecards(period="2026-02")
    expected = recounted(published, by)
    shown = app.dataframe[number].value.set_index("name")
    assert set(shown.index) == set(expected)
    for name, row in expected.items():
        for column, value in row.items():
            assert shown.loc[name, column] == pytest.approx(float(value), abs=1e-9), (name, column)
        side = "worse" if row["ci_high"] < 0 else "better" if row["ci_low"] > 0 else "cannot be told"
        assert side in shown.loc[name, "said"]
    gaps = list(shown["gap"])
    assert gaps == sorted(gaps), "the worst first"


def test_unshared_and_unknown_lanes_are_left_out(published: Path) -> None:
    """The small file has both, or the test above would prove less than it seems to."""
    sf, yto = (recounted(published, "carrier")[NAMES[code]] for code in ("SF", "YTO"))
    assert 95 < yto["comparable"] < 100, "orders without a province"
    assert sf["comparable"] < 90, "Tibet, where SF alone goes"
    assert sf["ci_low"] < sf["gap"] < 0 < sf["ci_high"], "worse, but not by more than chance"
    assert recounted(published, "place")[NAMES["WH_B"]]["ci_high"] < 0, "worse"


def test_the_sentence_names_the_worst_carrier_and_place(open_scorecards, published: Path) -> None:
    said = open_scorecards(period="2026-02").header[0].value
    assert "No carrier is worse than the others by more than chance." in said
    places = recounted(published, "place")
    worst = min(places, key=lambda name: places[name]["gap"])
    points = f"{abs(float(places[worst]['gap'])):.1f}"
    assert (
        f"**{worst}** is furthest behind the others: **{points} points worse** ({places[worst]['orders']} orders)"
        in said
    )
    assert f"比其他仓**差 {points} 个百分点**" in open_scorecards(period="2026-02", lang="zh").header[0].value


def test_a_plain_rate_that_misleads_is_said(open_scorecards, published: Path) -> None:
    """SF is better on both lanes and takes the hard one: its plain rate is the lower one all the same."""
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.agg_lane_daily")
        connection.execute(
            """insert into marts.agg_lane_daily
            select '2026-02-10', place, carrier, province, 'standard', n, k
            from (values
                ('WH_A', 'SF', 'easy', 100, 97), ('WH_A', 'YTO', 'easy', 900, 810),
                ('WH_A', 'SF', 'hard', 900, 720), ('WH_A', 'YTO', 'hard', 100, 50)
            ) as lanes(place, carrier, province, n, k)"""
        )
    app = open_scorecards(period="2026-02")
    # own 817 of 1,000; the others there 90 + 450 = 540: +27.7. YTO 860; 900 x 0.97 + 100 x 0.8 = 953: -9.3
    assert (
        "**YTO Express** is **9.3 points worse** than the other carriers (1,000 orders)"
        in app.header[0].value
    )
    assert "**SF Express** looks bad at 82 % but serves harder lanes" in words(app)
    assert "it is 27.7 points better" in words(app)
    assert "All orders left from one place, Warehouse A (2,000 orders)" in words(app)


def test_a_filter_of_carriers_marks_whom_it_names_and_keeps_the_others_in_view(
    open_scorecards, published: Path
) -> None:
    app = open_scorecards(period="2026-02", carrier=["SF"])
    shown = app.dataframe[0].value.set_index("name")
    assert set(shown.index) == {"► SF Express", "YTO Express"}
    for name, gap in shown["gap"].items():
        expected = recounted(published, "carrier")[name.removeprefix("► ")]["gap"]
        assert gap == pytest.approx(float(expected))
    gaps = {name: float(row["gap"]) for name, row in recounted(published, "carrier").items()}
    turn = sorted(gaps, key=gaps.__getitem__).index("SF Express") + 1
    assert "► **SF Express**: **" in app.header[0].value
    assert f"; {turn} of 2 from the worst" in app.header[0].value
    assert "► **顺丰速运**" in open_scorecards(period="2026-02", carrier=["SF"], lang="zh").header[0].value
    assert "►" not in open_scorecards(period="2026-02").header[0].value


def test_too_few_orders_give_a_count_and_no_rate(open_scorecards) -> None:
    app = open_scorecards(period="2026-02-10")
    table = app.dataframe[0].value
    assert (table["orders"] < 30).all() and (table["orders"] > 0).all()
    assert table["gap"].isna().all() and table["value"].isna().all() and table["expected"].isna().all()
    assert "too few to compare" in words(app)
    assert "shares enough lanes" in app.header[0].value


def test_without_signed_orders_there_is_nothing_to_compare(open_scorecards) -> None:
    app = open_scorecards(period="2026-01-01")
    assert "nothing to compare" in app.header[0].value
    assert len(app.dataframe) == 0


def test_one_carrier_alone_is_said_to_be_alone(open_scorecards, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.agg_lane_daily where carrier <> 'SF'")
    assert "All orders went with one carrier, SF Express" in words(open_scorecards(period="2026-02"))
    assert "都由同一承运商" in words(open_scorecards(period="2026-02", lang="zh"))


def test_a_supplier_is_not_compared_with_warehouses(published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("update marts.dim_places set kind = 'supplier' where place = 'WH_B'")
    rows = {row["code"]: row for row in ask(published, "scorecards", **FEBRUARY, by="place")}
    assert rows["WH_B"]["orders"] == 0 and rows["WH_B"]["value"] is None
    assert rows["WH_A"]["orders"] > 30 and rows["WH_A"]["other_orders"] <= rows["FW_1"]["all_orders"]
