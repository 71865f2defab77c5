"""The page of a change in a browser: its figures worked out here from the facts, in both languages and widths."""

import re
from collections import defaultdict
from collections.abc import Callable
from fractions import Fraction

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
# two months of each company that both have orders enough
MONTHS = {"demo": ("2026-01", "2026-02"), "olist": ("2018-03", "2018-07")}
Served = Callable[[str], Company]
Start = Callable[..., Look]
Parts = dict[str, Fraction]


def parts(company: Company, months: tuple[str, str]) -> tuple[Fraction, Fraction, Fraction, Parts]:
    """Rate before and now, the mix, and the effect of each place, from the orders themselves."""
    rows = company.ask(
        """select strftime(signed_day, '%Y-%m') as month, place, carrier, order_type,
            count(*) filter (is_on_time), count(*)
        from marts.fct_orders where is_on_time is not null and month in (?, ?)
        group by all""",
        list(months),
    )
    cells: dict = defaultdict(dict)
    for month, *cell, kept, signed in rows:
        cells[tuple(cell)][month] = (kept, signed)
    before, now = months
    n0, n1 = (sum(found[month][1] for found in cells.values() if month in found) for month in months)
    k0, k1 = (sum(found[month][0] for found in cells.values() if month in found) for month in months)
    mix, effects = Fraction(0), defaultdict(Fraction)
    for cell, found in cells.items():
        was, is_now = found.get(before), found.get(now)
        r0, r1 = Fraction(*(was or is_now)), Fraction(*(is_now or was))
        w0, w1 = Fraction(was[1] if was else 0, n0), Fraction(is_now[1] if is_now else 0, n1)
        mix += (w1 - w0) * (r0 + r1) / 2
        effects[cell[0]] += (r1 - r0) * (w0 + w1) / 2
    assert mix + sum(effects.values()) == Fraction(k1, n1) - Fraction(k0, n0)
    return Fraction(k0, n0), Fraction(k1, n1), mix, effects


def percent(value: Fraction, language: str, digits: int) -> str:
    return f"{100 * float(value):.{digits}f}{'' if language == 'zh' else ' '}%"


def points(value: Fraction, digits: int = 2) -> str:
    said = f"{100 * float(value):+.{digits}f}".replace("-", "\u2212")
    return said if round(100 * float(value), digits) else said[1:]


@pytest.mark.parametrize("size", ["wall", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", COMPANIES)
def test_the_split_is_the_orders_own(
    company: Served, look: Start, name: str, language: str, size: str
) -> None:
    seen = company(name)
    before, now = MONTHS[name]
    shown = look(seen, size).open(f"lang={language}&period={now}&before={before}", "change")
    rate0, rate1, mix, effects = parts(seen, (before, now))
    digits = 1 if abs(rate1 - rate0) >= Fraction(1, 100) else 2
    said = shown.text("h2")
    assert percent(rate0, language, digits) in said and percent(rate1, language, digits) in said
    assert points(rate1 - rate0, digits) in said and points(mix, digits) in said
    labels = shown.marks("chart_change_split")
    assert any(points(mix) in label for label in labels), (points(mix), labels)
    for effect in sorted(effects.values(), key=abs, reverse=True)[:7]:
        assert any(points(effect) in label for label in labels), (points(effect), labels)
    assert points(rate1 - rate0) in shown.text('[data-testid="stCaptionContainer"]')
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_days_of_two_years_have_room_on_a_phone(company: Served, look: Start, language: str) -> None:
    days = "period=2026-01-12..2026-02-05&before=2025-12-18..2026-01-11"
    shown = look(company("demo"), "phone").open(f"lang={language}&{days}", "change")
    # the longest heads there are: each end with its year
    assert any("2025" in label and "2026" in label for label in shown.marks("chart_change_split"))
    assert shown.layout("cutOff") == []


@pytest.mark.parametrize("name", COMPANIES)
def test_the_stages_are_the_late_orders_own(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    before, now = MONTHS[name]
    shown = look(seen).open(f"lang=en&period={now}&before={before}", "change")
    minutes, signed = (
        dict(seen.ask(query, [before, now]))
        for query in (
            """select strftime(signed_day, '%Y-%m') as month, sum(late_minutes)
            from marts.fct_lateness where month in (?, ?) group by 1""",
            """select strftime(signed_day, '%Y-%m') as month, count(*)
            from marts.fct_orders where is_on_time is not null and month in (?, ?) group by 1""",
        )
    )
    moved = minutes[now] / signed[now] - minutes[before] / signed[before]
    assert f"{moved:+,.1f}".replace("-", "\u2212") in shown.marks("chart_change_stages")


def test_a_bar_opens_the_orders_of_its_place(company: Served, look: Start) -> None:
    shown = look(company("demo")).open("lang=en&period=2026-02&before=2026-01", "change")
    # the last bar is the rate now
    bar = shown.page.locator(".st-key-chart_change_split .point path").last
    # over the bar lies the layer that hears the mouse
    shown.page.mouse.click(*shown.still(bar))
    shown.page.wait_for_url(re.compile(r"/orders\?.*show=late"))
    assert "period=2026-02" in shown.page.url and "before=" not in shown.page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_period_without_orders_is_said(company: Served, look: Start, scheme: str) -> None:
    shown = look(company("demo"), "phone", scheme)
    shown.page.goto(f"{shown.address}/change?lang=en&period=all")
    shown.page.wait_for_selector("h2")
    assert "cannot be compared" in shown.text("h2")
