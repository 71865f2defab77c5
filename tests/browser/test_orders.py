"""From the headline down to a raw row: the lists of orders, one order's story, and the file and line behind it."""

import csv
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
MONTH = "2026-02"
SAID = {
    "en": {"late": "after its promise", "kept": "before its promise ran out", "overdue": "past its promise"},
    "zh": {"late": "比承诺晚到", "kept": "在承诺到期前", "overdue": "已逾期"},
}
# an order of each kind, the one with the most rows behind it first
KINDS = {
    "late": "lateness_minutes > 0 and suborder_count > 1",
    "kept": "lateness_minutes < -120 and suborder_count = 1",
    "overdue": "is_due and signed_at is null and closed_at is null and not is_cancelled",
    "cancelled": "is_cancelled",
}


def order_of(company: Company, kind: str) -> tuple[str, float | None]:
    return company.ask(
        f"select order_id, lateness_minutes from marts.fct_orders where {KINDS[kind]} order by order_id limit 1"
    )[0]


def span(minutes: float) -> str:
    """A duration as the English page writes it, worked out here."""
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min"
    if whole < 2880:
        return f"{whole // 60} h {whole % 60} min"
    hours = round(whole / 60)
    return f"{hours // 24} d {hours % 24} h"


def test_from_the_headline_down_to_a_line_of_a_file(company: Served, look: Start) -> None:
    seen = company("demo")
    shown = look(seen).open(f"lang=en&period={MONTH}")
    shown.go("operations", "Orders", "orders")
    address = parse_qs(urlsplit(shown.page.url).query)
    assert address["period"] == [MONTH] and address["lang"] == ["en"]
    late = seen.ask(
        """select order_id, lateness_minutes from marts.fct_orders
        where not is_on_time and signed_day between '2026-02-01' and '2026-02-28'
        order by lateness_minutes desc, order_id"""
    )
    assert f"{len(late):,} orders were signed after their promise" in shown.text("body")
    first = shown.cells("orders_behind")[0]
    assert late[0][0] in first[0] and float(first[1]) == pytest.approx(late[0][1] / 60)
    shown.open(f"lang=en&period={MONTH}&find={late[0][0]}", "orders")
    assert f"{late[0][0]} came {span(late[0][1])} after its promise" in shown.text("h2")
    raw = seen.ask(
        """select file, record from marts.fct_events where order_id = ?
        order by occurred_at, recorded_at, source, file, record""",
        [late[0][0]],
    )
    assert f"{len(raw)} rows as the sources sent them" in shown.text("body")
    rows = shown.cells("order_events")
    assert raw[0][0] in rows[0] and str(raw[0][1]) in rows[0]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["late", "kept", "overdue"])
def test_the_verdict_is_the_orders(company: Served, look: Start, kind: str, language: str) -> None:
    seen = company("demo")
    order, lateness = order_of(seen, kind)
    said = look(seen).open(f"lang={language}&find={order}", "orders").text("h2")
    assert order in said and SAID[language][kind] in said
    if language == "en" and lateness is not None:
        assert span(abs(lateness)) in said


def test_a_fulfilment_code_and_a_waybill_lead_to_their_order(company: Served, look: Start) -> None:
    seen = company("demo")
    waybill, code, order = seen.ask(
        """select waybill, fulfilment_code, order_id
        from marts.dim_waybills inner join marts.fct_suborders using (fulfilment_code) order by all limit 1"""
    )[0]
    shown = look(seen)
    for number in (waybill, code):
        assert order in shown.open(f"lang=en&find={number}", "orders").text("h2")
    shown.page.locator(".st-key-find input").fill("no such number")
    shown.page.keyboard.press("Enter")
    shown.page.get_by_text("Nothing is known under").wait_for()


@pytest.mark.parametrize("show", ["late", "late_erp", "overdue"])
@pytest.mark.parametrize("name", COMPANIES)
def test_lists_hold_what_the_headline_counts(company: Served, look: Start, name: str, show: str) -> None:
    seen = company(name)
    shown = look(seen).open("lang=en&period=all&show=" + show, "orders")
    counted = {
        "late": "not is_on_time",
        "late_erp": "not is_on_time and is_erp_on_time",
        "overdue": "is_due and signed_at is null and closed_at is null",
    }
    ((orders,),) = seen.ask(f"select count(*) from marts.fct_orders where {counted[show]}")
    said = re.search(r"([\d,]+) orders (were|reached)", shown.text("body"))
    assert said is not None and said.group(1) == f"{orders:,}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", COMPANIES)
def test_on_a_phone_nothing_of_an_order_is_cut_off_or_overlaps(
    company: Served, look: Start, name: str, kind: str, language: str
) -> None:
    seen = company(name)
    if name == "olist" and kind in ("late", "overdue"):
        pytest.skip("no split order, and nothing is overdue in a finished history")
    shown = look(seen, "phone").open(f"lang={language}&period=all&find={order_of(seen, kind)[0]}", "orders")
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []


def test_what_is_taken_away_is_what_is_shown(company: Served, look: Start) -> None:
    seen = company("demo")
    shown = look(seen).open(f"lang=zh&period={MONTH}&show=late", "orders")
    late = seen.ask(
        """select orders.order_id, places.name_zh, carriers.name_zh, round(lateness_minutes / 60, 2)
        from marts.fct_orders as orders
        left join marts.dim_places as places using (place)
        left join marts.dim_carriers as carriers on carriers.carrier = orders.carrier
        where not is_on_time and signed_day between '2026-02-01' and '2026-02-28'
        order by lateness_minutes desc, order_id"""
    )
    text = shown.taken_away("orders_late_csv").decode("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["订单", "迟到（小时）", "地点", "承运商", "承诺时间", "签收时间"]
    # all of them, and not the 200 in sight
    assert [
        (row["订单"], row["地点"], row["承运商"], pytest.approx(float(row["迟到（小时）"]), abs=0.051))
        for row in rows
    ] == late
