"""The pages of trust, on the demo company and on Olist: their figures held to the published file."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from tests.browser.conftest import Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
COMPANIES = ["demo", pytest.param("olist", marks=pytest.mark.real)]
PAGES = ["definitions", "data_health", "restatement", "decisions"]


def test_every_published_table_and_column_is_described_in_both_languages(company: Served) -> None:
    missing = company("demo").ask(
        """
        select table_name, column_name, comment from duckdb_columns()
        where schema_name in ('marts', 'meta') and not coalesce(regexp_matches(comment, '^.+ ¦ .*[一-鿿]'), false)
        union all
        select table_name, null, comment from duckdb_tables()
        where schema_name in ('marts', 'meta') and not coalesce(regexp_matches(comment, '^.+ ¦ .*[一-鿿]'), false)
        """
    )
    assert missing == []


def test_the_definitions_list_every_table_and_find_a_word(company: Served, look: Start) -> None:
    seen = company("demo")
    (tables,) = seen.ask(
        """select (select count(*) from duckdb_tables() where schema_name in ('marts', 'meta'))
        + (select count(*) from duckdb_views() where schema_name in ('marts', 'meta') and not internal)"""
    )[0]
    shown = look(seen).open("lang=en", "definitions")
    assert shown.page.locator(".st-key-definitions_tables details").count() == tables
    found = look(seen).open("lang=en&find_word=lateness_minutes", "definitions")
    assert "Signed minus promised in minutes; negative is early." in found.text("body")


def test_the_sentence_of_data_health_is_the_books(company: Served, look: Start) -> None:
    seen = company("demo")
    read, held = seen.ask("select sum(rows_read)::bigint, sum(rows_quarantined)::bigint from meta.loads")[0]
    (refused,) = seen.ask("select count(*) from meta.files where status = 'refused'")[0]
    said = look(seen).open("lang=en", "data_health").text("h2")
    assert f"{held:,} of {read:,} rows are in quarantine" in said
    assert (f"{refused} files were refused" if refused else "no file was refused") in said
    assert "the last run was not checked" in said


def test_a_bar_of_mistakes_opens_its_rows(company: Served, look: Start) -> None:
    seen = company("demo")
    (missing,) = seen.ask(
        "select count(*) from meta.quarantine where contains(reason, 'a value is missing')"
    )[0]
    shown = look(seen).open("lang=en&mistake=missing", "data_health")
    assert f"of {missing:,} rows as they came" in shown.text(".st-key-quarantine")


def test_a_days_first_figure_is_counted_from_what_was_recorded_by_three(company: Served, look: Start) -> None:
    """Orders of one part, signed by the word of a carrier that gives its events no ids, so corrects none: counted here
    straight from the events.
    """
    seen = company("demo")
    late = seen.ask(
        """
        with one_part as (
            select order_id from marts.fct_orders
            where suborder_count = 1 and promised_at is not null and not is_cancelled
        ),
        signed as (
            select order_id, any_value(orders.signed_day) as day,
                min(events.recorded_at) filter (events.occurred_at = orders.signed_at) as known_at, count(*) as claims
            from marts.fct_events as events
            inner join one_part using (order_id)
            inner join marts.fct_orders as orders using (order_id)
            where events.event_type = 'delivered' and is_valid and orders.sign_source = 'carrier'
            group by order_id
            having bool_and(source_event_id is null)
        )
        select signed.order_id from signed
        anti join (
            select order_id from marts.fct_events where event_type <> 'delivered'
                and (contains(event_type, 'click') or contains(event_type, 'locker') or contains(event_type, 'ticket')
                    or contains(event_type, 'pickup') or contains(event_type, 'collected'))
        ) as others using (order_id)
        where claims = 1 and known_at > timezone('Asia/Shanghai', (day + 1)::timestamp + interval 3 hours)
        """
    )
    told = seen.ask(
        """select order_id from marts.fct_restatements
        where metric = 'true_on_time_rate' and is_counted and not was_counted"""
    )
    assert late and {order for (order,) in late} <= {order for (order,) in told}
    # and nothing is said to have been recorded late that was not
    early = seen.ask(
        """select order_id from marts.fct_restatements where cause = 'recorded_late'
        and recorded_at <= timezone('Asia/Shanghai', (day + 1)::timestamp + interval 3 hours)"""
    )
    assert early == []
    day, orders = seen.ask(
        """select day, count(*) from marts.fct_restatements where metric = 'true_on_time_rate'
        group by day order by count(*) desc, day limit 1"""
    )[0]
    shown = look(seen).open(f"lang=en&period=all&day={day}", "restatement")
    assert f"{_written(day)} · {orders} orders" in shown.page.locator(".st-key-day input").input_value()
    assert len(shown.cells("restated_orders")) >= min(orders, 5)


def _written(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


RATES = (
    "promise_kept_rate",
    "in_full_on_time_rate",
    "complaint_rate",
    "wished_date_hit_rate",
    "promised_share",
)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_rate_tells_what_moved_its_days(company: Served, look: Start, lang: str) -> None:
    seen = company("demo")
    # what a day's first count was, from the counts now and the orders that moved, apart from the page
    wanted = {
        (metric, day): (moved, first)
        for metric, day, moved, first in seen.ask(
            """select metric, day, count(*), any_value(numerator) - count(*) filter (is_met) + count(*) filter (was_met)
            from marts.fct_restatements inner join marts.kpi using (metric)
            where kpi.period = 'day' and kpi.period_start = day
            group by metric, day qualify row_number() over (partition by metric order by count(*) desc, day) = 1"""
        )
    }
    assert {metric for metric, _ in wanted} == {*RATES, "true_on_time_rate"}
    shown = look(seen, "phone")
    for (metric, day), (moved, first) in wanted.items():
        shown.open(f"lang={lang}&period=all&metric={metric}&day={day}", "restatement")
        body = shown.text("body")
        chosen = shown.page.locator(".st-key-day input").input_value().replace("\u00a0", " ")
        assert f"{moved:,} {'orders' if lang == 'en' else '单'}" in chosen
        assert (f"({first:,} of " if lang == "en" else f"单中 {first:,} 单）") in body
        assert shown.layout("cutOff") == [] and shown.layout("overlapping") == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_days_counted_as_moved_are_those_written_as_a_tenth_or_more(
    company: Served, look: Start, lang: str
) -> None:
    """Both rates of each day worked out here from the orders that moved, and what was really published of the day."""
    seen = company("demo")
    days = seen.ask(
        """
        with moves as (
            select day, sum(was_met::int - is_met::int) as met, sum(was_counted::int - is_counted::int) as counted
            from marts.fct_restatements where metric = 'true_on_time_rate' group by day
        )
        select kpi.period_start, kpi.numerator::int, kpi.denominator::int, coalesce(met, 0)::int,
            coalesce(counted, 0)::int, rates.numerator::int, rates.denominator::int
        from marts.kpi
        left join moves on moves.day = kpi.period_start
        left join meta.published_rates as rates on rates.metric = kpi.metric and rates.day = kpi.period_start
        where kpi.metric = 'true_on_time_rate' and kpi.period = 'day'
            and kpi.period_start between '2026-02-01' and '2026-02-28'
        """
    )
    days = [row for row in days if min(row[2], row[2] + row[4]) >= 30]
    # 0.05 points is 1 of 2000
    moved = {
        day: Fraction(k, n) - Fraction(k + met, n + counted)
        for day, k, n, met, counted, _, _ in days
        if 2000 * abs(Fraction(k, n) - Fraction(k + met, n + counted)) >= 1
    }
    assert moved
    shown = look(seen).open(f"lang={lang}&period=2026-02", "restatement")
    said = (
        f"moved {len(moved)} of {len(days)} days by"
        if lang == "en"
        else f"{len(days)} 天中的 {len(moved)} 天"
    )
    assert said in shown.text("h2")
    most = max(moved, key=lambda day: abs(moved[day]))
    ((k, n),) = [
        (k, n) for day, now_k, now_n, met, counted, k, n in days
        if day == most and (k, n) != (now_k + met, now_n + counted)
    ]  # fmt: skip
    body = shown.text('.st-key-restated_events [data-testid="stCaptionContainer"]')
    assert (f"({k} of {n})" if lang == "en" else f"{n} 单中 {k} 单") in body
    assert shown.layout("cutOff") == [] and shown.layout("overlapping") == []
