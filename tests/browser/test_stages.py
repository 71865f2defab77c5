"""Stages by week in a browser: its figures held to the sub-orders themselves, and each leads to them."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
# a month of each company and its last day
ASKED = {"demo": ("2026-01", date(2026, 1, 31)), "olist": ("2018-07", date(2018, 7, 31))}
CARRIERS_OWN = ("picked_up", "hub_arrived", "out_for_delivery")
SHARED = """select stage, place, count(*), sum(actual_microseconds), sum(standard_microseconds)
    from marts.fct_stage_durations
    where ended_day between ? and ? and is_counted and standard_microseconds is not null and actual_microseconds >= 0
    group by all"""


def weeks_up_to(last: date) -> list[tuple[date, date]]:
    """The last eight weeks from their Mondays, the newest last."""
    monday = last - timedelta(days=last.weekday())
    starts = [monday - timedelta(days=7 * back) for back in range(7, -1, -1)]
    return [(start, min(start + timedelta(days=6), last)) for start in starts]


def written(actual: int, standard: int, suborders: int, language: str) -> str:
    """A cell as the page writes it, worked out here from the durations."""
    if suborders < 30:
        return f"○ {suborders}"
    over = Fraction(int(actual) - int(standard), int(standard))
    sign = "▲" if over > Fraction(1, 10) else "△" if over >= Fraction(1, 20) else "✓"
    shown = f"{100 * float(over):+.1f}".replace("-", "\u2212")
    shown = "0.0" if shown[1:] == "0.0" else shown  # neither more nor less
    return f"{sign} {shown}{'' if language == 'zh' else ' '}%"


def warehouses(company: Company) -> set[str]:
    """Who ships: warehouses, or with Olist the states its sellers are in."""
    found = company.ask("select place from marts.dim_places where kind not in ('office', 'supplier')")
    return {place for (place,) in found}


@pytest.mark.parametrize("size", ["wall", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", COMPANIES)
def test_every_cell_is_the_sub_orders_own(
    company: Served, look: Start, name: str, language: str, size: str
) -> None:
    seen = company(name)
    period, last = ASKED[name]
    shown = look(seen, size).open(f"lang={language}&period={period}&group=place&rows=all", "stages")
    holders = warehouses(seen)
    wide = size == "wall"
    marks = shown.marks(f"chart_heat_{'wide' if wide else 'narrow'}")
    expected = [
        written(actual, standard, suborders, language)
        for first, end in weeks_up_to(last)[0 if wide else -3 :]
        for stage, place, suborders, actual, standard in seen.ask(SHARED, [first, end])
        if place in holders and not stage.startswith(CARRIERS_OWN) and suborders >= 30
    ]
    assert expected
    found = [mark.split("■")[0].strip() for mark in marks if re.match("[▲△✓] ", mark)]
    assert sorted(found) == sorted(expected)
    # what is stuck at a week's end stands in the cells that are not slow, from 30 on
    slow = {
        (stage, place, end)
        for first, end in weeks_up_to(last)
        for stage, place, suborders, actual, standard in seen.ask(SHARED, [first, end])
        if written(actual, standard, suborders, language)[0] in "▲△"
    }
    stuck = [
        open_overdue
        for _, end in weeks_up_to(last)[0 if wide else -3 :]
        for stage, place, open_overdue in seen.ask(
            """select stage, place, sum(open_overdue) as n from marts.agg_stage_open_daily where day = ?
            group by all having n >= 30""",
            [end],
        )
        if place in holders and not stage.startswith(CARRIERS_OWN) and (stage, place, end) not in slow
    ]
    said = [re.search(r"■ ([\d,]+)", mark) for mark in marks]
    assert sorted(int(at[1].replace(",", "")) for at in said if at) == sorted(stuck)
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []


@pytest.mark.parametrize("name", COMPANIES)
def test_a_link_leads_to_as_many_sub_orders_as_it_says(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    # the latest whole week in which something was red
    ((sunday,),) = seen.ask(
        """select max(sunday) from (
            select date_trunc('week', ended_day)::date + 6 as sunday, sum(standard_microseconds) as standard,
                sum(actual_microseconds) - standard as over_by
            from marts.fct_stage_durations
            where is_counted and standard_microseconds is not null and actual_microseconds >= 0
            group by stage, place, sunday
            having count(*) >= 30 and 10 * over_by > standard
        )
        where sunday <= (select max(ended_day) from marts.fct_stage_durations)"""
    )
    shown = look(seen).open(f"lang=en&period={sunday}", "stages")
    assert "over 10 %" in shown.text("h2")
    link = shown.page.locator(".st-key-heat_links a").first
    said = link.inner_text().replace("\u00a0", " ")
    suborders = re.search(r"([\d,]+) sub-orders", said)
    assert suborders, said
    link.focus()
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_url(re.compile(r"/orders\?.*show=stage"))
    shown.settled("orders")
    assert re.search(rf"\b{suborders[1]} sub-orders", shown.text("body"))
    assert "group=" not in shown.page.url and "rows=" not in shown.page.url


def test_a_cell_says_its_numbers_and_opens_its_week(company: Served, look: Start) -> None:
    seen = company("demo")
    shown = look(seen).open("lang=en&period=2026-01&group=place", "stages")
    first, end = date(2026, 1, 19), date(2026, 1, 25)
    ((suborders,),) = seen.ask(
        """select count(*) from marts.fct_stage_durations
        where ended_day between ? and ? and stage = 'transfer' and place = 'B' and is_counted
            and standard_microseconds is not null and actual_microseconds >= 0""",
        [first, end],
    )
    ((stuck,),) = seen.ask(
        """select coalesce(sum(open_overdue), 0) from marts.agg_stage_open_daily
        where day = ? and stage = 'transfer' and place = 'B'""",
        [end],
    )
    # the first line is the transfer at the first warehouse that was slow; its own points stand in reading order
    points = shown.page.locator(".st-key-chart_heat_wide .textpoint text")
    words = [text.replace("\u00a0", " ") for text in points.all_text_contents()]
    ((actual, standard),) = seen.ask(
        """select sum(actual_microseconds), sum(standard_microseconds) from marts.fct_stage_durations
        where ended_day between ? and ? and stage = 'transfer' and place = 'B' and is_counted
            and standard_microseconds is not null and actual_microseconds >= 0""",
        [first, end],
    )
    middle = shown.still(points.nth(words.index(written(actual, standard, suborders, "en"))))
    shown.page.mouse.move(*middle)
    shown.page.wait_for_selector(".st-key-chart_heat_wide .hoverlayer text")
    said = " ".join(shown.marks("chart_heat_wide"))
    assert f"{suborders:,} sub-orders" in said and f"{stuck:,} stuck past it at the end of 25 Jan" in said
    shown.page.mouse.click(*middle)
    shown.page.wait_for_url(re.compile(r"/orders\?.*show=stage"))
    shown.settled("orders")
    assert "period=2026-01-19..2026-01-25" in shown.page.url and "at=B" in shown.page.url
    assert re.search(rf"\b{suborders:,} sub-orders", shown.text("body"))


def test_the_group_is_in_the_address(company: Served, look: Start) -> None:
    shown = look(company("demo")).open("lang=en&period=2026-01&group=place", "stages")
    shown.page.locator(".st-key-group button", has_text="Carriers").click()
    shown.page.wait_for_url(re.compile("group=carrier"))
    shown.page.locator(".st-key-all_rows label").click()
    shown.page.wait_for_url(re.compile("rows=all"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", ["wall", "phone"])
def test_a_day_with_few_orders_and_a_sunday(company: Served, look: Start, language: str, size: str) -> None:
    # the first days of the history: one week, mostly too few
    shown = look(company("demo"), size, "dark").open(
        f"lang={language}&period=2025-12-17..2025-12-21", "stages"
    )
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []
    assert not shown.page.locator('[data-testid="stException"]').count()
