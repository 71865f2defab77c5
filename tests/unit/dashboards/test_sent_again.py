"""Time that passed until a lost, refused or returned parcel was sent again: not a wait, and whose parcel it was."""

import json
from pathlib import Path

import duckdb
import pytest

from dashboards.ui import navigation
from tests.unit.dashboards.reading import one, words

OFFICE = "finance_approved_to_pick_started"


@pytest.fixture
def sent_again(published: Path) -> Path:
    """Each February order that was late through the transfer of B is a replacement: two of three for YTO's parcels."""
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            f"""update marts.fct_lateness
            set stage = '{OFFICE}', place = 'HQ', late_minutes = 9 * late_minutes,
                replaced_carrier = if(hash(order_id) % 3 = 0, 'SF', 'YTO')
            where stage = 'transfer' and place = 'WH_B' and month(signed_day) = 2;
            delete from marts.agg_lateness_daily;
            insert into marts.agg_lateness_daily by name
            select orders.signed_day as day, orders.place, orders.carrier,
                coalesce(order_type, 'unknown') as order_type,
                stage, lateness.place as stage_place, count(*) as late_orders, sum(late_minutes) as late_minutes,
                sum(round(late_minutes * 60000000)::bigint)::bigint as late_microseconds, replaced_carrier
            from marts.fct_lateness as lateness
            inner join marts.fct_orders as orders using (order_id)
            group by all"""
        )
    return published


def test_the_first_page_names_it_and_no_place(sent_again: Path, open_page) -> None:
    orders, share, late = one(
        sent_again,
        """select count(*) filter (replaced_carrier is not null),
            sum(late_minutes) filter (replaced_carrier is not null) / sum(late_minutes), count(distinct order_id)
        from marts.fct_lateness where month(signed_day) = 2""",
    )
    assert share > 0.5
    names = [
        one(sent_again, f"select name_en from marts.dim_carriers where carrier = '{c}'")[0]
        for c in ("YTO", "SF")
    ]
    app = open_page(period="2026-02")
    said = words(app)
    assert "was lost on parcels lost, refused or returned, until they were **sent again**." in said
    assert "Wait for picking" not in said
    assert (
        f"Start with **parcels that had to be sent again**: they lost time for {orders} of the {late} late orders,"
        f" most of it with {', '.join(names)}."
    ) in said
    chart = next(chart for chart in app.get("plotly_chart") if "chart_lateness" in chart.proto.id)
    (bars,) = json.loads(chart.proto.spec)["data"]
    assert json.loads(bars["customdata"][0]) == {"show": "lost", "stage": "sent_again", "at": ""}
    assert bars["y"][0].startswith("Until sent again<br>")
    listed = [link.proto for link in app.get("page_link") if "stage=sent_again" in link.proto.query_string]
    assert [link.label for link in listed] == [f"Until sent again: {orders} late orders"]
    assert "耗在 **补发之前**" in words(open_page(period="2026-02", lang="zh"))


def test_its_list_holds_exactly_those_orders_and_the_place_none(
    sent_again: Path, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["orders"]})
    (orders,) = one(sent_again, "select count(*) from marts.fct_lateness where replaced_carrier is not null")
    said = words(open_page(period="2026-02", show="lost", stage="sent_again"))
    assert f"{orders} late orders of this period waited until" in said
    said = words(open_page(period="2026-02", show="lost", stage=OFFICE, at="HQ"))
    assert "No such order in this period." in said


def test_an_order_says_whose_parcel_it_was(
    sent_again: Path, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["orders"]})
    order, name = one(
        sent_again,
        """select order_id, name_en from marts.fct_lateness
        inner join marts.dim_carriers on carrier = replaced_carrier
        where replaced_carrier = 'YTO' order by order_id limit 1""",
    )
    app = open_page(find=order)
    chart = next(chart for chart in app.get("plotly_chart") if "chart_order_lost" in chart.proto.id)
    assert f"Until sent again · {name}" in chart.proto.spec
