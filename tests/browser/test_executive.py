"""The executive's page in a browser: every figure is the database's, in both languages, on wall and phone."""

import json
import re
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
SIGNS = {"green": "✓", "yellow": "△", "red": "▲"}
Served = Callable[[str], Company]
Start = Callable[..., Look]

OPENS_WITH = """
    select kpi.period_start
    from marts.kpi
    where period = 'month' and metric in ('true_on_time_rate', 'erp_on_time_rate')
    group by 1 having min(denominator) >= 30 order by 1 desc limit 1
"""


def percent(value: float, language: str, sign: str = "") -> str:
    """A rate as the page writes it, worked out here."""
    space = "" if language == "zh" else " "
    return f"{100 * value:{sign}.1f}{space}%".replace("-", "\u2212")


def month_shown(company: Company) -> str:
    return company.ask(OPENS_WITH)[0][0].isoformat()


def kpi(company: Company, metric: str, start: str) -> tuple:
    rows = company.ask(
        """select value, ci_low, ci_high, denominator, numerator from marts.kpi
        where metric = ? and period = 'month' and period_start = ?""",
        [metric, start],
    )
    return rows[0]


@pytest.mark.parametrize(("language", "size"), [("en", "phone"), ("zh", "wall")])
@pytest.mark.parametrize("name", COMPANIES)
def test_the_headline_is_the_databases(
    company: Served, look: Start, name: str, language: str, size: str
) -> None:
    seen = company(name)
    start = month_shown(seen)
    shown = look(seen, size).open(f"lang={language}")
    value, low, high, orders, _ = kpi(seen, "true_on_time_rate", start)
    assert shown.metric("headline_true") == percent(value, language)
    caption = shown.text('.st-key-headline_true [data-testid="stCaptionContainer"]')
    assert percent(low, language) in caption and percent(high, language) in caption
    assert f"{orders:,}" in caption
    theirs = kpi(seen, "erp_on_time_rate", start)[0]
    assert shown.metric("headline_erp") == percent(theirs, language)
    overdue = kpi(seen, "open_overdue", start)[4]
    assert shown.metric("headline_overdue") == f"{overdue:,}"
    verdict = shown.text("h2")
    assert f"{100 * value:.0f}" in verdict or percent(value, language) in verdict
    points = 100 * (value - theirs)
    assert shown.metric("headline_gap").startswith(f"{points:+.1f}".replace("-", "\u2212"))


@pytest.mark.parametrize("name", COMPANIES)
def test_the_strip_shows_the_published_colours(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    start = month_shown(seen)
    cells = look(seen).open("lang=en").marks("strip_matrix")
    published = seen.ask(
        """select stage, place, suborders, deviation, colour, open_overdue from marts.agg_stage_deviation
        where period = 'month' and period_start = ? and colour <> 'grey'""",
        [start],
    )
    assert published
    for _, _, suborders, deviation, colour, stuck in published:
        said = f"{SIGNS[colour]} {percent(deviation, 'en', '+')}"
        count = f"{suborders:,} · {stuck:,} stuck" if stuck else f"{suborders:,}"
        assert any(cell.startswith(said) and cell.endswith(count) for cell in cells), (said, count)
    coloured = [cell for cell in cells if cell[:1] in SIGNS.values()]
    assert len(coloured) == len(published)


@pytest.mark.parametrize("name", COMPANIES)
def test_on_a_phone_the_strip_is_a_list_with_the_worst_first(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    shown = look(seen, "phone").open("lang=en")
    assert not shown.page.locator(".st-key-strip_matrix svg").first.is_visible()
    worst = seen.ask(
        """select deviation, colour from marts.agg_stage_deviation
        where period = 'month' and period_start = ? and colour in ('red', 'yellow')
        order by colour = 'red' desc, deviation desc""",
        [month_shown(seen)],
    )
    lines = shown.page.locator(".st-key-strip_list p").all_text_contents()
    listed = [line.replace("\u00a0", " ") for line in lines if line[:1] in ("▲", "△")]
    assert len(listed) == len(worst)
    for line, (deviation, colour) in zip(listed, worst, strict=True):
        assert line.startswith(f"{SIGNS[colour]} {percent(deviation, 'en', '+')}")


@pytest.mark.parametrize("name", COMPANIES)
def test_the_bridge_is_the_published_one(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    labels = look(seen).open("lang=en&period=all").marks("chart_bridge")
    steps = seen.ask(
        "select rate, points, orders, denominator from marts.bridge where period = 'all' order by step_number"
    )
    for rate, points, orders, _ in steps:
        by = "0.0" if points is not None and round(points, 1) == 0 else f"{points or 0:+.1f}"
        said = percent(rate, "en") if points is None else f"{by} points".replace("-", "\u2212")
        assert any(f"{said} · {orders:,} orders" in label for label in labels), (said, orders)
    rate, _, _, orders = steps[-1]
    assert any(f"{percent(rate, 'en')} · {orders:,} orders" in label for label in labels)


@pytest.mark.parametrize("name", COMPANIES)
def test_the_owners_of_the_late_time_are_the_databases(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    labels = look(seen).open("lang=en&period=all").marks("chart_lateness")
    owners = seen.ask(
        """select sum(late_minutes) / (select sum(late_minutes) from marts.fct_lateness),
            count(distinct order_id)
        from marts.fct_lateness where place is not null
        -- parcels sent again stand by themselves, whoever carried the first
        group by case when replaced_carrier is null then (stage, place) end
        order by sum(late_minutes) desc limit 5"""
    )
    assert len(owners) == 5
    for share, orders in owners:
        said = percent(share, "en") if share < 0.01 else f"{100 * share:.0f} %"
        assert any(f"{said} · {orders:,} orders" in label for label in labels), (said, orders)


@pytest.mark.real
def test_the_four_figures_of_olist_are_on_the_page(company: Served, look: Start) -> None:
    shown = look(company("olist")).open("lang=en&period=all")
    assert shown.metric("headline_true") == "93.2 %"
    assert "96,476 orders" in shown.text('.st-key-headline_true [data-testid="stCaptionContainer"]')
    assert "4,720 orders" in shown.text('.st-key-headline_gap [data-testid="stCaptionContainer"]')
    assert "(6,535 late in all)" in shown.text('.st-key-headline_gap [data-testid="stCaptionContainer"]')


@pytest.mark.parametrize("name", COMPANIES)
def test_a_filter_goes_to_the_address_and_a_pasted_link_shows_the_same(
    company: Served, look: Start, name: str
) -> None:
    seen = company(name)
    start = month_shown(seen)
    place, label = seen.ask(
        """select place, any_value(name_en)
        from marts.agg_on_time_daily inner join marts.dim_places using (place)
        where day between ?::date and last_day(?::date)
        group by place order by sum(signed_orders) desc limit 1""",
        [start, start],
    )[0]
    k, n = seen.ask(
        """select sum(signed_on_time_orders)::bigint, sum(signed_orders)::bigint from marts.agg_on_time_daily
        where place = ? and day between ?::date and last_day(?::date)""",
        [place, start, start],
    )[0]
    first = look(seen).open("lang=en")
    first.page.get_by_role("button", name="Filters").click()
    first.choose("place", label)
    first.page.wait_for_url(re.compile(f"place={place}"))
    first.page.keyboard.press("Escape")
    first.settled()
    assert first.metric("headline_true") == percent(k / n, "en")
    again = look(seen, "phone")
    again.page.goto(first.page.url)
    again.settled()
    assert again.metric("headline_true") == percent(k / n, "en")
    assert label in again.text('[data-testid="stCaptionContainer"]')


@pytest.mark.parametrize("name", COMPANIES)
def test_language_and_period_go_to_the_address(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    shown = look(seen).open()
    shown.page.get_by_text("中文", exact=True).click()
    shown.page.wait_for_url(re.compile("lang=zh"))
    shown.settled()
    assert shown.text("h1") == "真准时"
    shown.choose("period", "全部历史")
    shown.page.wait_for_url(re.compile("period=all"))
    shown.settled()
    value = seen.ask("select value from marts.kpi where metric = 'true_on_time_rate' and period = 'all'")[0][
        0
    ]
    assert shown.metric("headline_true") == percent(value, "zh")
    assert parse_qs(urlsplit(shown.page.url).query) == {"lang": ["zh"], "period": ["all"]}


def test_a_chinese_browser_is_greeted_in_chinese(company: Served, look: Start) -> None:
    assert look(company("demo"), locale="zh-CN").open().text("h1") == "真准时"


def test_a_night_that_failed_is_a_banner(company: Served, look: Start) -> None:
    seen = company("demo")
    status = seen.file.parent / "status.json"
    good = status.read_text(encoding="utf-8")
    said = {
        "last_run": 2,
        "run_id": "x",
        "status": "failed",
        "message": "No space.",
        "at": "2026-03-01T03:05:00+08:00",
    }
    try:
        status.write_text(json.dumps(said), encoding="utf-8")
        alert = look(seen).open("lang=en").text('[data-testid="stAlert"]')
    finally:
        status.write_text(good, encoding="utf-8")
    assert "The last night did not succeed" in alert and "No space." in alert


@pytest.mark.parametrize("name", COMPANIES)
def test_signal_or_noise_is_said_with_the_limits_of_the_days(company: Served, look: Start, name: str) -> None:
    seen = company(name)
    start = month_shown(seen)
    points = [
        Fraction(k, n)
        for k, n in seen.ask(
            """with days as (
                select period_start as day, numerator, denominator,
                    max(day) filter (day <= last_day(?::date)) over () as last
                from marts.kpi where metric = 'true_on_time_rate' and period = 'day'
            )
            select numerator, denominator from days
            where day between least(?::date, last - 29) and last and denominator >= 30 order by day""",
            [start, start],
        )
    ]
    assert len(points) >= 8
    width = Fraction("2.66") * sum(abs(b - a) for a, b in pairwise(points)) / (len(points) - 1)
    mean = sum(points) / len(points)
    low, high = max(Fraction(0), mean - width), min(Fraction(1), mean + width)
    said = look(seen, "phone").open("lang=en").text(".st-key-xmr_day")
    assert f"{percent(float(low), 'en')} – {percent(float(high), 'en')}" in said
    has_outside = any(not low <= point <= high for point in points)
    assert ("fell below" in said or "rose above" in said) == has_outside
    assert ("Noise" in said) != ("Signal" in said)


@pytest.mark.parametrize(
    ("chart", "points", "show"),
    [
        ("lateness", ".bars path", "lost"),
        ("parts", ".bars path", "overdue"),
        ("overdue", ".bars path", "overdue"),
        ("bridge", ".bars path", "step"),
        ("trend_day", ".scatterlayer .points path", "late"),
        ("strip_place", ".textpoint text", "stage"),
    ],
)
def test_a_point_of_a_chart_opens_the_orders_behind_it(
    company: Served, look: Start, chart: str, points: str, show: str
) -> None:
    shown = look(company("demo")).open("lang=en")
    if chart == "overdue":
        shown.page.locator(".st-key-open_ages summary").click()
    # the last one: of the bars the largest group and the last step, of the days one of our own line or a signal on it
    marks = shown.page.locator(f".st-key-chart_{chart} {points}")
    point = marks.nth(0) if chart == "lateness" else marks.last
    if chart == "bridge":
        point = marks.nth(2)
    shown.page.mouse.click(*shown.still(point))
    shown.page.wait_for_url(re.compile(f"/orders.*show={show}"))
    shown.settled("orders")
    assert shown.page.locator(".st-key-orders_behind canvas").count()
    shown.page.go_back()
    shown.page.wait_for_function("!location.href.includes('show=')")
    shown.settled()
    assert shown.page.url == f"{shown.address}/?lang=en"
    assert shown.metric("headline_true")


def test_the_keyboard_opens_the_late_orders(company: Served, look: Start) -> None:
    seen = company("demo")
    start = month_shown(seen)
    _, _, _, orders, kept = kpi(seen, "true_on_time_rate", start)
    shown = look(seen, "phone").open("lang=en")
    shown.page.get_by_role("link", name=f"The {orders - kept:,} that came late").focus()
    shown.page.keyboard.press("Enter")
    shown.page.wait_for_url(re.compile("/orders.*show=late"))
    shown.settled("orders")
    assert f"{orders - kept:,} orders were signed after their promise" in shown.text("p")
    shown.page.go_back()
    shown.settled()
    assert shown.metric("headline_true")
