"""The scorecards in a browser: what they say is what the published file holds, and a row opens its orders."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]

# each one's orders on lanes that another serves too, and how many points it is from the others there
COMPARED = """
    with lanes as (
        select orders.{own} as own, orders.{far} as far, destination_province as province, count(*) as n,
            -- suppliers send from their own stock: another kind of work
            orders.place in (select place from marts.dim_places where kind = 'supplier') as is_supplier,
            count(*) filter (orders.is_on_time) as k
        from marts.fct_orders as orders
        inner join marts.fct_suborders as suborders on fulfilment_code = deciding_suborder
        where orders.is_on_time is not null {period} and destination_province is not null
            and 'unknown' not in (orders.place, orders.carrier)
        group by all
    ),
    met as (
        select one.own, one.far, one.province, any_value(one.n) as n, any_value(one.k) as k,
            sum(other.k) / sum(other.n) as others, sum(other.n) as other_n
        from lanes as one
        inner join lanes as other on other.far = one.far and other.province = one.province and other.own <> one.own
            and other.is_supplier = one.is_supplier
        group by all
    )
    select own, sum(n)::bigint, 100 * (sum(k) - sum(n * others)) / sum(n) from met
    group by own having sum(n) >= 30 and sum(other_n) >= 30 order by 3
"""
FEBRUARY = "and orders.signed_day between '2026-02-01' and '2026-02-28'"


def points(number: float) -> str:
    return "0.0" if round(number, 1) == 0 else f"{number:+.1f}".replace("-", "\u2212")


@pytest.mark.parametrize(("own", "far"), [("carrier", "place"), ("place", "carrier")])
def test_the_dots_are_the_orders(company: Served, look: Start, own: str, far: str) -> None:
    seen = company("demo")
    shown = look(seen).open("lang=en&period=2026-02", "scorecards")
    expected = seen.ask(COMPARED.format(own=own, far=far, period=FEBRUARY))
    assert len(expected) > 1
    words = shown.marks(f"chart_scorecards_{own}")
    for _, orders, gap in expected:
        assert any(points(gap) in word and f"· {orders:,}" in word for word in words), (orders, gap, words)
    worst = expected[0]
    if "No " + own not in shown.text("h2"):
        assert f"{abs(worst[2]):.1f} points worse" in shown.text("h2")


@pytest.mark.parametrize(("own", "number"), [("carrier", 0), ("place", 1)])
def test_the_worst_one_leads_to_its_late_orders(company: Served, look: Start, own: str, number: int) -> None:
    seen = company("demo")
    shown = look(seen).open("lang=en&period=2026-02", "scorecards")
    far = "place" if own == "carrier" else "carrier"
    ((worst, *_), *_) = seen.ask(COMPARED.format(own=own, far=far, period=FEBRUARY))
    shown.page.get_by_role("link", name="Late orders of").nth(number).click()
    shown.settled("orders")
    address = parse_qs(urlsplit(shown.page.url).query)
    assert address["show"] == ["late"] and address[own] == [worst] and address["period"] == ["2026-02"]


@pytest.mark.real
def test_where_there_is_one_carrier_the_page_says_so(company: Served, look: Start) -> None:
    seen = company("olist")
    shown = look(seen).open("lang=en&period=all", "scorecards")
    carriers = seen.ask("select distinct carrier from marts.agg_lane_daily where carrier <> 'unknown'")
    if len(carriers) == 1:
        assert "All orders went with one carrier" in shown.text("body")
        assert shown.page.locator(".st-key-chart_scorecards_carrier").count() == 0
    expected = seen.ask(COMPARED.format(own="place", far="carrier", period=""))
    words = shown.marks("chart_scorecards_place")
    if not expected:
        assert not words, "nothing is compared, so nothing is drawn"
        assert "there is nothing to compare" in shown.text("body") or "to be compared" in shown.text("body")
        return
    _, orders, gap = expected[0]
    assert any(points(gap) in word and f"· {orders:,}" in word for word in words), (orders, gap, words)
