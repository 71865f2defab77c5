"""The promise's page against plain counts of the facts the small published file is made of."""

from pathlib import Path

import duckdb
import pytest

from dashboards.ui import navigation
from tests.unit.dashboards.reading import one, words


@pytest.fixture
def open_promise(open_page, monkeypatch: pytest.MonkeyPatch):
    """The test harness opens the first page only, so it is made the first."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["promise", "orders"]})
    return open_page


FEBRUARY = "is_on_time is not null and signed_day >= date '2026-02-01'"


def test_the_sentence_says_what_the_facts_say(open_promise, published: Path) -> None:
    app = open_promise(period="2026-02")
    (covered, all_of) = one(
        published,
        f"select count(*) filter (n % if(carrier = 'YTO', 3, 5) <> 0), count(*) from marts.fct_orders where {FEBRUARY}",
    )
    said = app.header[0].value
    kept, due = one(
        published,
        """select count(*) filter (signed_at <= promised_at), count(*) from marts.fct_orders
        where month(promised_day) = 2 and promised_at <= timestamptz '2026-02-28 16:00:00+00'""",
    )
    # first of all: of the orders due, those signed by then
    assert said.replace("\u00a0", " ").startswith(
        f"In February 2026, **{100 * kept / due:.1f} %** of the orders whose promise fell due kept it: "
        f"{kept:,} of {due:,}"
    )
    assert f"The {due - kept} orders that did not keep it" in [
        link.proto.label for link in app.get("page_link")
    ]
    assert f"**{100 * covered / all_of:.0f} of 100** parcels" in said
    assert "it should be 80: the promise claims more than it holds" in said


def test_orders_without_a_computed_promise_are_counted_apart(open_promise, published: Path) -> None:
    (without,) = one(
        published,
        "select count(*) from marts.fct_orders where promised_at is null and signed_day >= date '2026-02-01'",
    )
    assert f"{without} signed orders without a promise" in words(open_promise(period="2026-02"))


def test_the_next_percentile_is_weighed_against_the_one_in_force(open_promise, published: Path) -> None:
    kept, wider, orders = one(
        published,
        f"""select count(*) filter (lateness_minutes <= 0), count(*) filter (lateness_minutes <= 360), count(*)
        from marts.fct_orders where {FEBRUARY}""",
    )
    said = words(open_promise(period="2026-02"))
    assert f"**P90** instead would move +{100 * (wider - kept) / orders:.1f} points" in said
    # six hours are a quarter of a day
    assert "for +0.2 days" in said or "for +0.3 days" in said


def test_the_table_has_every_lane_and_no_rate_for_the_rare_one(open_promise, published: Path) -> None:
    app = open_promise(period="2026-02")
    table = app.dataframe[0].value
    assert len(table) == 3
    # where it goes has a column of its own, so that nothing cuts it off
    rare = table[table["destination"] == "宁波"]
    assert not table["name"].str.contains("宁波").any()
    assert len(rare) == 1 and rare["percent"].isna().all() and rare["suborders"].iloc[0] < 30
    (slower,) = one(
        published,
        f"""select count(*) from marts.fct_orders
        where {FEBRUARY} and carrier = 'YTO' and n % 3 = 0 and not (place = 'WH_B' and n % 90 = 1)""",
    )
    assert table[table["name"].str.startswith("YTO Express")]["slower"].iloc[0] == slower
    assert table["name"].iloc[0].startswith("YTO Express"), "the worst first"


def test_filters_narrow_it(open_promise, published: Path) -> None:
    app = open_promise(period="2026-02", carrier=["SF"])
    assert not any("YTO" in name for name in app.dataframe[0].value["name"])


def test_promises_given_by_a_source_are_said_to_be_theirs(open_promise, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update marts.fct_orders set promise_source = 'given' where promised_at is not null"
        )
        connection.execute("delete from marts.agg_promise_lanes_daily")
    (kept, orders) = one(
        published, f"select count(*) filter (is_on_time), count(*) from marts.fct_orders where {FEBRUARY}"
    )
    app = open_promise(period="2026-02")
    assert (
        f"**{100 * kept / orders:.0f} of 100** orders kept the promise that a source gave"
        in app.header[0].value
    )
    assert "the promise comes from the source" in words(app)
    assert len(app.dataframe) == 0
    assert "来源系统" in open_promise(period="2026-02", lang="zh").header[0].value


def test_without_any_promise_the_page_says_so(open_promise, published: Path) -> None:
    assert "no signed order carried a promise" in open_promise(period="2026-01-01").header[0].value
