"""The orders' page: finding one, the lists behind the figures, and one order's story."""

from pathlib import Path
from urllib.parse import parse_qsl

import duckdb
import pytest

from dashboards.ui import navigation
from tests.unit.dashboards.reading import one, words


@pytest.fixture
def open_orders(open_page, monkeypatch: pytest.MonkeyPatch):
    """Open the page as its address would: the test harness opens the first page only, so it is made the first."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["orders"]})
    return open_page


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


@pytest.mark.parametrize("number", ["O00010", "F00010", "YTO00000010", "o00010", "yto00000010"])
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


# what each list holds, counted from the facts alone
COUNTED = {
    ("due_missed", ""): "is_due and not is_kept and promised_day between '2026-01-01' and '2026-01-31'",
    ("not_in_full", ""): """promised_day between '2026-01-01' and '2026-01-31' and is_due
        and (signed_at is null or signed_at > promised_at or n % 40 = 0)""",
    ("complained", ""): """promised_day between '2026-01-01' and '2026-01-31' and is_due
        and n % 9 = 0 and (n % 3 = 1 and n % 5 = 0 or n % 11 = 0)""",
    # the wish of the made orders ends where their promise does
    ("wish_missed", ""): """wished_date between '2026-01-01' and '2026-01-31'
        and (signed_at is null or signed_at > promised_at)""",
    ("unpromised", ""): "promised_at is null and signed_day between '2026-01-01' and '2026-01-31'",
    ("overdue", ""): "promised_day <= '2026-01-31' and (signed_day is null or signed_day > '2026-01-31')",
    ("overdue", "age=5"): """promised_at <= timestamptz '2026-01-17 16:00:00+00'
        and (signed_day is null or signed_day > '2026-01-31')""",
    ("step", "step=in_full"): """is_due and is_kept <> is_in_full
        and promised_day between '2026-01-01' and '2026-01-31'""",
    ("step", "step=erp"): "erp_shipped_day between '2026-01-01' and '2026-01-31'",
    ("lost", "stage=transfer&at=WH_B"): """signed_day between '2026-01-01' and '2026-01-31' and lateness_minutes > 0
        and n % 4 <> 0 and n % 7 <> 0 and place = 'WH_B'""",
    ("lost", "stage=promise_too_tight"): """signed_day between '2026-01-01' and '2026-01-31' and lateness_minutes > 0
        and n % 4 <> 0 and n % 7 = 0""",
    ("stage", "stage=picked_up_to_hub_arrived&at=SF"): """signed_day between '2026-01-01' and '2026-01-31'
        and carrier = 'SF'""",
    # two days past the shipment by the end of January, and not there yet
    ("stuck", "stage=picked_up_to_hub_arrived&at=SF"): """carrier = 'SF' and n % 3 = 0
        and erp_ship_by_at + interval 2 days < timestamptz '2026-01-31 16:00:00+00'
        and (signed_at is null or signed_at > timestamptz '2026-01-31 16:00:00+00')""",
}  # fmt: skip


@pytest.mark.parametrize(("show", "narrowed"), list(COUNTED))
def test_every_list_holds_what_the_facts_hold(open_orders, published: Path, show: str, narrowed: str) -> None:
    (counted,) = one(published, f"select count(*) from marts.fct_orders where {COUNTED[show, narrowed]}")
    assert counted
    app = open_orders(period="2026-01", show=show, **dict(parse_qsl(narrowed)))
    assert f"{counted:,} " in app.markdown[0].value
    assert len(app.dataframe[0].value) == min(counted, 200)


def test_a_list_without_orders_says_so(open_orders) -> None:
    app = open_orders(period="2026-01", show="lost", stage="transfer", at="nowhere")
    assert app.info[0].value == "No such order in this period." and not app.dataframe


def test_choosing_another_list_forgets_what_narrowed_the_last(open_orders) -> None:
    app = open_orders(period="2026-01", show="stage", stage="transfer", at="WH_B")
    app.segmented_control(key="show").set_value("late").run()
    assert "signed after their promise" in app.markdown[0].value
    assert "stage" not in app.query_params and "at" not in app.query_params


def test_all_that_is_stuck_at_a_place_is_one_list_whatever_the_stage(open_orders, published: Path) -> None:
    of_one_stage = COUNTED["stuck", "stage=picked_up_to_hub_arrived&at=SF"]
    (line_haul,) = one(published, f"select count(*) from marts.fct_orders where {of_one_stage}")
    with duckdb.connect(str(published)) as connection:
        # four more stand at SF's hubs, a fifth is not past its standard, and a sixth stands with YTO
        connection.execute(
            """insert into marts.fct_stage_durations by name
            select 'F9000' || n as fulfilment_code, 'O00010' as order_id, date '2026-01-20' as order_day,
                'hub_arrived_to_out_for_delivery' as stage, if(n = 6, 'YTO', 'SF') as place, place as carrier,
                'stock' as order_type, timestamptz '2026-01-20 00:00:00+00' as started_at, true as is_counted,
                if(n = 5, 90000.0, 60.0) as standard_minutes,
                (standard_minutes * 60000000)::bigint as standard_microseconds
            from range(1, 7) as made(n)"""
        )
    app = open_orders(period="2026-01", show="stuck", at="SF")
    assert (
        f"{line_haul + 4} sub-orders were at SF Express past the standard of their stage"
        in app.markdown[0].value
    )
    listed = app.dataframe[0].value
    assert list(listed["stage_said"]).count("Destination hub") == 4
    assert set(listed["stage_said"]) == {"Destination hub", "Line haul"}
    assert (
        f"有 {line_haul + 4} 个子单滞留在"
        in open_orders(period="2026-01", show="stuck", at="SF", lang="zh").markdown[0].value
    )


def test_a_missed_wish_is_late_by_the_hours_after_its_day(open_orders, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        # wished for the 10th, signed six hours after that day had ended in Shanghai, a day before the promise
        connection.execute(
            """update marts.fct_orders set wished_date = date '2026-01-10', is_wished_date_hit = false,
                signed_at = timestamptz '2026-01-10 22:00:00+00', promised_at = timestamptz '2026-01-11 22:00:00+00'
            where order_id = 'O00010'"""
        )
    app = open_orders(period="2026-01-10", show="wish_missed")
    listed = app.dataframe[0].value
    assert list(listed[listed["link"].str.contains("O00010")]["hours"]) == [6.0]
    assert "Hours after the wished day" in app.dataframe[0].proto.columns
