"""The orders' page: finding one, the lists behind the figures, and one order's story."""

from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui import navigation


@pytest.fixture
def open_orders(open_page, monkeypatch: pytest.MonkeyPatch):
    """Open the page as its address would: the test harness opens the first page only, so it is made the first."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["orders"]})
    return open_page


def words(app: AppTest) -> str:
    shown = [*app.header, *app.subheader, *app.caption, *app.markdown, *app.info]
    return "\n".join(str(element.value) for element in shown).replace("\u00a0", " ")


def one(published: Path, query: str) -> tuple:
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None
    return found


def test_the_list_counts_the_late_orders_of_the_period(open_orders, published: Path) -> None:
    app = open_orders(period="2026-02")
    (late,) = one(
        published,
        "select count(*) from marts.fct_orders where lateness_minutes > 0 and signed_day >= date '2026-02-01'",
    )
    assert (
        f"{late} orders were signed after their promise in this period; the {min(late, 200)} latest"
        in words(app)
    )
    assert len(app.dataframe[0].value) == min(late, 200)


def test_the_list_follows_the_filters_and_the_link(open_orders, published: Path) -> None:
    app = open_orders(period="2026-02", show="late_erp", place=["WH_B"])
    (late,) = one(
        published,
        """select count(*) from marts.fct_orders where place = 'WH_B' and lateness_minutes > 0 and is_erp_on_time
        and signed_day >= date '2026-02-01'""",
    )
    assert f"{late} orders reached the customer late in this period though the ERP" in words(app)


def test_a_late_order_says_by_how_much_and_why(open_orders, published: Path) -> None:
    # n = 10: 10 % 3 = 1 and 10 % 5 = 0, so 500 + 10 minutes late: 8 h 30 min
    app = open_orders(find="O00010")
    assert app.header[0].value == "Order O00010 came **8 h 30 min** after its promise."
    said = words(app)
    assert "this carrier and province (the lane itself has too few), 44 deliveries" in said
    assert "✓ **Delivered**" in said and "counts" in said
    assert "○ Returned to and signed by sender" in said and "does not count, signed for by the sender" in said
    assert "4 rows as the sources sent them" in said
    raw = app.dataframe[-1].value
    assert list(raw["file"]) == ["erp/10.csv", "wms/10.csv", "carrier/10.csv", "carrier/10.csv"]
    assert list(raw["record"]) == [101, 102, 103, 104]


@pytest.mark.parametrize("number", ["O00010", "F00010", "YTO00000010"])
def test_every_number_of_an_order_finds_it(open_orders, number: str) -> None:
    assert "Order O00010 " in open_orders(find=f" {number} ").header[0].value


def test_a_waybill_that_two_carriers_use_leads_to_both(open_orders) -> None:
    app = open_orders(find="SF00000000")
    assert "O00000" in app.header[0].value
    assert "leads to more than one order. The others: [O00001](/orders?find=O00001)" in words(app)


def test_an_unknown_number_is_said_and_the_list_stays(open_orders) -> None:
    app = open_orders(find="O99999")
    assert "Nothing is known under “O99999”" in words(app)
    assert len(app.dataframe) == 1


def test_typing_a_number_writes_the_address(open_orders) -> None:
    app = open_orders()
    app.text_input(key="find").set_value("O00010").run()
    assert app.query_params["find"] in ("O00010", ["O00010"])
    assert "O00010" in app.header[0].value
