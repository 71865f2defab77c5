"""The promise's page in a browser: what it says is what the published file holds, and nothing is cut off."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
MONTH = "between '2026-02-01' and '2026-02-28'"


def test_the_bars_are_the_facts(company: Served, look: Start) -> None:
    seen = company("demo")
    shown = look(seen).open("lang=en&period=2026-02", "promise")
    ((kept, orders, hours),) = seen.ask(
        f"""select count(*) filter (is_on_time), count(*), sum(transit_buffer_minutes) / 60 from marts.fct_orders
        where signed_day {MONTH} and promise_source = 'computed' and is_on_time is not null"""
    )
    words = " ".join(shown.marks("chart_levels"))
    assert f"{100 * kept / orders:.1f} %" in words
    assert f"+{hours / orders / 24:.2f} days" in words
    assert f"{orders:,} signed orders" in shown.text("body")
    ((covered, parcels),) = seen.ask(
        f"select sum(transit_covered_suborders), sum(transit_suborders) from marts.agg_on_time_daily where day {MONTH}"
    )
    assert f"{100 * covered / parcels:.0f} of 100" in shown.text("h2")


def test_a_lane_leads_to_its_late_orders(company: Served, look: Start) -> None:
    shown = look(company("demo")).open("lang=en&period=2026-02", "promise")
    shown.page.get_by_role("link", name="Late orders of the place and carrier").click()
    shown.settled("orders")
    address = parse_qs(urlsplit(shown.page.url).query)
    assert address["show"] == ["late"] and "carrier" in address


@pytest.mark.real
def test_a_promise_given_by_a_source_is_not_held_against_lanes(company: Served, look: Start) -> None:
    seen = company("olist")
    shown = look(seen).open("lang=en&period=all", "promise")
    ((kept, orders),) = seen.ask(
        """select count(*) filter (is_on_time), count(*) from marts.fct_orders
        where promise_source = 'given' and signed_day is not null"""
    )
    assert f"{100 * kept / orders:.0f} of 100" in shown.text("h2")
    assert shown.page.locator(".st-key-chart_levels").count() == 0


@pytest.mark.parametrize("size", ["wall", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", COMPANIES)
def test_nothing_is_cut_off_and_nothing_overlaps(
    company: Served, look: Start, name: str, language: str, size: str
) -> None:
    shown = look(company(name), size).open(f"lang={language}&period=all", "promise")
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []
