"""A change between two periods: split exactly, held to fractions worked out here from the same counts."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboards.published import QUERIES, ask
from dashboards.ui import change_said, periods
from tests.unit.dashboards.reading import words

EVERYBODY: dict = {"places": [], "carriers": [], "types": [], "lang": "en"}
NUMBERS = {"wilson_z": 1.959964, "minimum_sample": 30}
PERIODS = {
    "before_from": "2026-01-01",
    "before_to": "2026-01-31",
    "from_day": "2026-02-01",
    "to_day": "2026-02-28",
}
COLUMNS = {"numerator": "signed_on_time_orders", "denominator": "signed_orders"}
DIMENSIONS = ("place", "carrier", "order_type")
# place, carrier, type: kept and signed orders in January and in February; nothing at all is a cell without orders
Cell = tuple[str, str, str]
Counts = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def tables(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published tables in their own shape, to be filled by a test."""
    file = tmp_path_factory.mktemp("change") / "published.duckdb"
    file.write_bytes(made.read_bytes())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as published")
        connection.execute((QUERIES / "words.sql").read_text(encoding="utf-8"))
        yield connection


def run(tables: duckdb.DuckDBPyConnection, query: str, **values: object) -> list[dict]:
    text = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    wanted = duckdb.extract_statements(text)[0].named_parameters
    bound = {
        name: value for name, value in {**EVERYBODY, **NUMBERS, **PERIODS, **values}.items() if name in wanted
    }
    found = tables.execute(text, bound)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def fill(tables: duckdb.DuckDBPyConnection, cells: dict[Cell, Counts]) -> None:
    """Each cell's orders of a month on two of its days, so that days are added up."""
    tables.execute("delete from published.marts.agg_on_time_daily")
    rows = []
    for cell, (k0, n0, k1, n1) in cells.items():
        for month, k, n in ((1, k0, n0), (2, k1, n1)):
            first_k, first_n = k // 2, (k // 2) + (n - k) // 2
            rows += [
                (date(2026, month, 1), *cell, first_k, first_n),
                (date(2026, month, 28), *cell, k - first_k, n - first_n),
            ]
    names = "day, place, carrier, order_type, signed_on_time_orders, signed_orders"
    tables.executemany(
        f"insert into published.marts.agg_on_time_daily ({names}) values (?, ?, ?, ?, ?, ?)", rows
    )


def by_hand(
    cells: dict[Cell, Counts], dimension: int
) -> tuple[dict[str, Fraction], dict[str, Fraction], Fraction]:
    """Mix and rate of each member and the spec's own mix of the whole, in fractions."""
    here = {cell: counts for cell, counts in cells.items() if counts[1] or counts[3]}
    all0, all1 = (sum(counts[side] for counts in here.values()) for side in (1, 3))
    kept0, kept1 = (sum(counts[side] for counts in here.values()) for side in (0, 2))
    mean = (Fraction(kept0, all0) + Fraction(kept1, all1)) / 2
    mix: dict[str, Fraction] = defaultdict(Fraction)
    effect: dict[str, Fraction] = defaultdict(Fraction)
    plain = Fraction(0)
    for cell, (k0, n0, k1, n1) in here.items():
        r0 = Fraction(k0, n0) if n0 else Fraction(k1, n1)
        r1 = Fraction(k1, n1) if n1 else Fraction(k0, n0)
        w0, w1 = Fraction(n0, all0), Fraction(n1, all1)
        plain += (w1 - w0) * (r0 + r1) / 2
        mix[cell[dimension]] += (w1 - w0) * ((r0 + r1) / 2 - mean)
        effect[cell[dimension]] += (r1 - r0) * (w0 + w1) / 2
    assert plain + sum(effect.values()) == Fraction(kept1, all1) - Fraction(kept0, all0)
    return mix, effect, plain


side = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair)))
absent = st.just((0, 0))
counts = st.tuples(st.one_of(side, absent), st.one_of(side, absent)).map(lambda pair: (*pair[0], *pair[1]))
cell_names = st.tuples(
    st.sampled_from(["WH_A", "WH_B", "FW_1"]),
    st.sampled_from(["SF", "YTO"]),
    st.sampled_from(["x", "y", "z"]),
)
tables_of_cells = st.dictionaries(cell_names, counts, min_size=1, max_size=12).filter(
    lambda cells: all(sum(found[number] for found in cells.values()) for number in (1, 3))
)


@given(cells=tables_of_cells, dimension=st.integers(0, 2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_is_split_exactly(
    tables: duckdb.DuckDBPyConnection, cells: dict[Cell, Counts], dimension: int
) -> None:
    fill(tables, cells)
    whole, *members = run(tables, "change", **COLUMNS, by=DIMENSIONS[dimension])
    mix, effect, plain = by_hand(cells, dimension)
    assert {row["code"] for row in members} == set(mix)
    for row in members:
        assert row["mix"] == pytest.approx(float(mix[row["code"]]), abs=1e-9)
        assert row["effect"] == pytest.approx(float(effect[row["code"]]), abs=1e-9)
    assert whole["mix"] == pytest.approx(float(plain), abs=1e-9)
    assert whole["mix"] + whole["effect"] == pytest.approx(whole["rate1"] - whole["rate0"], abs=1e-9)
    assert sum(row["mix"] + row["effect"] for row in members) == pytest.approx(whole["difference"], abs=1e-9)


def test_a_cell_of_one_period_only_moves_the_mix_and_not_the_rate(tables: duckdb.DuckDBPyConnection) -> None:
    fill(tables, {("WH_A", "SF", "x"): (90, 100, 90, 100), ("WH_B", "SF", "x"): (0, 0, 50, 100)})
    whole, *members = run(tables, "change", **COLUMNS, by="place")
    # 90 % became 140 of 200: the new place is half of it at 50 %
    assert whole["effect"] == 0
    assert whole["mix"] == pytest.approx(-0.2, abs=1e-12)
    assert {row["code"]: (row["w0"], row["w1"], row["rate0"]) for row in members} == {
        "WH_A": (1.0, 0.5, 0.9), "WH_B": (0.0, 0.5, None),
    }  # fmt: skip


def test_more_orders_of_the_worse_place_is_mix_and_a_worse_place_is_rate(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    fill(tables, {("WH_A", "SF", "x"): (90, 100, 45, 50), ("WH_B", "SF", "x"): (50, 100, 60, 150)})
    whole, *members = run(tables, "change", **COLUMNS, by="place")
    # shares 1/2, 1/2 -> 1/4, 3/4; rates 0.9, 0.5 -> 0.9, 0.4: mix -0.9/4 + 0.45/4, rate -0.1 x 5/8
    assert whole["mix"] == pytest.approx(-0.1125, abs=1e-12)
    assert whole["effect"] == pytest.approx(-0.0625, abs=1e-12)
    assert {row["code"]: row["effect"] for row in members} == pytest.approx({"WH_A": 0, "WH_B": -0.0625})


def test_nothing_in_one_period_cannot_be_compared(tables: duckdb.DuckDBPyConnection) -> None:
    fill(tables, {("WH_A", "SF", "x"): (0, 0, 90, 100)})
    whole = run(tables, "change", **COLUMNS, by="place")[0]
    assert (whole["n0"], whole["n1"], whole["is_too_few"]) == (0, 100, True)


# Newcombe (1998), table II, method 10: 56/70 - 48/80 is 0.0524 to 0.3339; 0/10 - 0/10 is -0.2775 to 0.2775
@pytest.mark.parametrize(
    ("before", "now", "low", "high"),
    [((48, 80), (56, 70), 0.0524, 0.3339), ((0, 10), (0, 10), -0.2775, 0.2775)],
)
def test_the_interval_of_a_difference(
    tables: duckdb.DuckDBPyConnection, before: tuple[int, int], now: tuple[int, int], low: float, high: float
) -> None:
    fill(tables, {("WH_A", "SF", "x"): (*before, *now)})
    whole = run(tables, "change", **COLUMNS, by="place")[0]
    assert (whole["low"], whole["high"]) == pytest.approx((low, high), abs=5e-5)


def test_the_stages_sum_to_the_change_of_late_minutes_per_order(published: Path) -> None:
    values = {**EVERYBODY, **PERIODS}
    with duckdb.connect(str(published), read_only=True) as connection:
        facts = connection.execute(
            """select month(signed_day), stage, place, sum(late_minutes)::bigint
            from marts.fct_lateness group by all"""
        ).fetchall()
        signed = dict(connection.execute(
            "select month(signed_day), count(*) from marts.fct_orders where is_on_time is not null group by 1"
        ).fetchall())  # fmt: skip
    per_order: dict = defaultdict(Fraction)
    for month, stage, place, minutes in facts:
        per_order[stage, place] += Fraction(minutes, signed[month]) * (1 if month == 2 else -1)
    whole, *rows = ask(published, "change_stages", **values, shown=100)
    assert {(row["stage"], row["place"]): row["difference"] for row in rows} == pytest.approx(
        {cell: float(minutes) for cell, minutes in per_order.items()}, abs=1e-9
    )
    assert whole["difference"] == pytest.approx(float(sum(per_order.values())), abs=1e-9)
    folded_whole, *folded = ask(published, "change_stages", **values, shown=2)
    assert len(folded) < len(rows)
    assert sum(row["places"] for row in folded) == len(rows)
    assert sum(row["difference"] for row in folded) == pytest.approx(folded_whole["difference"], abs=1e-9)


FIRST, LAST = date(2026, 1, 1), date(2026, 2, 28)


@pytest.mark.parametrize(
    ("code", "before"),
    [
        ("2026-02", "2026-01"),
        ("2026-02-10", "2026-02-09"),
        ("2026-02-08..2026-02-14", "2026-02-01..2026-02-07"),
        ("2026-01", "2025-12"),
    ],
)
def test_a_period_is_held_against_the_one_before(code: str, before: str) -> None:
    period = periods.parse(code, FIRST, LAST)
    assert period is not None
    assert periods.before(period).code == before


@pytest.fixture
def open_change(open_page):
    """The page, as its address opens it."""

    def opened(**query: str):
        app = open_page(**query)
        app.switch_page("app_pages/change.py").run()
        assert not app.exception, app.exception
        return app

    return opened


def test_the_sentence_says_both_rates_and_what_of_it_is_rate_and_mix(open_change) -> None:
    app = open_change(lang="en")
    said = app.header[0].value.replace("\u00a0", " ")
    # 921 of 1,086 in February
    assert said.startswith("True on-time in February 2026: **84.8")
    assert "in January 2026. That is **" in said
    assert "no more than chance may do" in said
    assert app.subheader[0].value.startswith("Late time per signed order ")
    assert "Exact: mix " in words(app)


def test_in_chinese_and_another_rate(open_change) -> None:
    app = open_change(lang="zh", metric="complaint_rate", by="carrier", period="2026-02")
    assert app.header[0].value.startswith("2026年2月投诉率为 **")
    assert app.selectbox(key="metric").value == "complaint_rate"
    assert app.segmented_control(key="by").value == "carrier"


def test_the_same_period_twice_is_no_change(open_change) -> None:
    app = open_change(lang="en", period="2026-02", before="2026-02")
    assert "compared with itself" in app.header[0].value
    assert "mix 0.00 and rates 0.00 sum to 0.00 points" in words(app)


def test_too_few_in_a_period_is_a_count_and_no_rate(open_change) -> None:
    app = open_change(lang="en", period="2026-01")
    said = app.header[0].value
    assert "cannot be compared" in said and "**0 orders** in December 2025" in said
    assert "%" not in said
    assert app.subheader[0].value == "Late time per order: too few signed orders to compare."


def test_what_the_address_asks_in_vain_is_said(open_change) -> None:
    app = open_change(lang="en", before="1999-01", metric="nonsense")
    assert "1999-01, nonsense" in words(app)
    assert app.header[0].value.startswith("True on-time in February 2026")


def test_choosing_writes_the_address(open_change) -> None:
    app = open_change(lang="en")
    app.selectbox(key="metric").set_value("promise_kept_rate").run()
    app.selectbox(key="before").set_value("2026-02").run()
    app.segmented_control(key="by").set_value("order_type").run()
    assert not app.exception
    found = {name: app.query_params[name] for name in ("metric", "before", "by")}
    assert found == {"metric": "promise_kept_rate", "before": "2026-02", "by": "order_type"}


@pytest.mark.parametrize(("direction", "word"), [("up", "worse"), ("down", "better"), ("near", "")])
def test_a_rate_that_is_to_be_near_its_aim_gets_neither_better_nor_worse(
    open_change, published: Path, direction: str, word: str
) -> None:
    with duckdb.connect(str(published)) as connection:
        # 919 of 1,079 were in time in January (85.2 %), 921 of 1,086 in February (84.8 %)
        connection.execute("update meta.metric_catalogue set direction = $1", [direction])
    app = open_change(lang="en", period="2026-02")
    said = app.header[0].value
    assert [one for one in ("better", "worse") if f"{one} performance" in said] == ([word] if word else [])
    assert "performance on the same kind of order" in said


# of two weeks on end only the second one meets the Spring Festival, from the 15th; 4 January, a make-up day, is worked
@pytest.mark.parametrize(
    ("lang", "period", "said"),
    [
        ("en", "2026-02-09..2026-02-15",
         "Public holidays: Spring Festival (15 Feb 2026) from 9 Feb 2026 to 15 Feb 2026; "
         "none from 2 Feb 2026 to 8 Feb 2026."),
        ("zh", "2026-02-09..2026-02-15",
         "节假日：2026年2月9日至2026年2月15日有春节（2026年2月15日）；2026年2月2日至2026年2月8日没有。"),
        ("en", "2026-02",
         "Public holidays: Spring Festival (15 Feb 2026 to 23 Feb) in February 2026; "
         "New Year (1 Jan 2026 to 3 Jan) in January 2026."),
        ("en", "2026-02-02..2026-02-08", None),
        ("en", "2026-01-05..2026-01-06", "Public holidays: none from 5 Jan 2026 to 6 Jan 2026; "
         "New Year (3 Jan 2026) from 3 Jan 2026 to 4 Jan 2026."),
    ],
)  # fmt: skip
def test_a_holiday_in_one_of_the_two_periods_is_said(
    open_change, lang: str, period: str, said: str | None
) -> None:
    shown = words(open_change(lang=lang, period=period))
    assert said in shown if said else "Public holidays" not in shown


def only(published: Path, k0: int, n0: int, k1: int, n1: int) -> None:
    """Orders of one place, carrier and type: kept and signed in January and in February."""
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.agg_on_time_daily")
        for day, k, n in (("2026-01-20", k0, n0), ("2026-02-20", k1, n1)):
            connection.execute(
                """insert into marts.agg_on_time_daily by name
                select $1::date as day, 'WH_A' as place, 'SF' as carrier, 'stock' as order_type,
                    $2 as signed_on_time_orders, $3 as signed_orders""",
                [day, k, n],
            )


@pytest.mark.parametrize(
    ("counts", "sentence", "is_said"),
    [
        # 66.667 and 64.333: 66.7 and 64.3 are 2.4 apart, the rates are 2.333
        ((200, 300, 193, 300), "64.3 %**, against **66.7 %** in January 2026. That is **−2.3 points**", True),
        ((210, 300, 195, 300), "65.0 %**, against **70.0 %** in January 2026. That is **−5.0 points**", False),
    ],
)  # fmt: skip
def test_a_difference_that_does_not_add_up_as_shown_says_that_it_was_rounded(
    open_change, published: Path, counts: tuple[int, int, int, int], sentence: str, is_said: bool
) -> None:
    only(published, *counts)
    app = open_change(lang="en", period="2026-02")
    assert sentence in app.header[0].value.replace(" ", " ")
    assert ("Differences are worked out before rounding." in words(app)) is is_said


def test_parts_that_do_not_add_up_as_shown_say_that_they_were_rounded() -> None:
    # 0.104 and 0.104 are 0.208: shown as 0.10, 0.10 and 0.21
    whole = {"rate0": 0.5, "rate1": 0.50208, "mix": 0.00104, "effect": 0.00104, "difference": 0.00208}
    ends = {"low": -0.01, "high": 0.01}
    said = change_said.proof({**whole, **ends})
    assert "mix +0.10 and rates +0.10 sum to +0.21 points" in said and said.endswith(
        "Worked out before rounding."
    )
    plain = {**whole, "rate1": 0.502, "mix": 0.001, "effect": 0.001, "difference": 0.002, **ends}
    assert "rounding" not in change_said.proof(plain)


def test_the_heads_of_days_in_one_year_leave_it_out(open_change) -> None:
    def heads(period: str) -> set[str]:
        columns = json.loads(open_change(lang="en", period=period).dataframe[0].proto.columns)
        return {head["label"] for head in columns.values() if "label" in head}

    assert {"Rate %, 2 Feb – 8 Feb", "Rate %, 9 Feb – 15 Feb"} <= heads("2026-02-09..2026-02-15")
    assert "Rate %, 29 Dec 2025 – 28 Jan 2026" in heads("2026-01-29..2026-02-28")


def test_the_misses_of_another_rate_open_too(open_change) -> None:
    app = open_change(lang="en", metric="complaint_rate", period="2026-02")
    leads = {link.proto.label: parse_qs(link.proto.query_string) for link in app.get("page_link")}
    for month, period in (("January", "2026-01"), ("February", "2026-02")):
        lead = leads[f"With a complaint, {month} 2026"]
        assert (lead["show"], lead["period"]) == (["complained"], [period])
