"""Grown night by night or built at once: the same to the row, whatever came late, twice or out of order."""

from pathlib import Path

import pytest
from integration.nights import Replay, differences, figures, replay, same_profile

from dagster_project.settings import Settings

NIGHTS = 10


@pytest.fixture(scope="module")
def company() -> Replay:
    return replay(seed=7, nights=NIGHTS, orders=90)


@pytest.fixture(scope="module")
def grown(company: Replay, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home after ten nights, each with what had arrived by then."""
    settings = company.settings(tmp_path_factory.mktemp("grown"))
    for night in range(NIGHTS):
        company.deliver(settings, night)
        result = company.run(settings, night)
        assert result.status == "published", result.message
        assert result.is_full_refresh == (night == 0)
    return settings


def test_the_story_has_what_the_claim_is_about(company: Replay, grown: Settings) -> None:
    """Late, duplicate and out-of-order arrivals were there, and the result is not empty."""
    out_of_order = [
        arrival for arrival in company.arrivals if arrival.drop < company.ends[arrival.night].date()
    ]
    assert len(out_of_order) > NIGHTS
    ((duplicates,),) = figures(grown, "select sum(rows_duplicate) from meta.loads")
    assert duplicates > 50
    ((orders, verdicts),) = figures(grown, "select count(*), count(is_on_time) from marts.fct_orders")
    assert orders > 60
    assert verdicts > 20


def test_ten_nights_equal_one_build_from_scratch(company: Replay, grown: Settings, tmp_path: Path) -> None:
    once = same_profile(grown, tmp_path)
    assert company.run(once, NIGHTS - 1).status == "published"
    assert differences(grown, once) == {}


def test_rebuild_in_place_changes_nothing_and_keeps_what_was_published(
    company: Replay, grown: Settings
) -> None:
    """`meta.published_rates` holds each night's first words, which no rebuild could give again."""
    rates = "from meta.published_rates order by all"
    before, file = figures(grown, rates), grown.published_file.resolve()
    aside = file.with_suffix(".before")
    aside.hardlink_to(file)
    result = company.run(grown, NIGHTS - 1, rebuild=True)
    assert (result.status, result.is_full_refresh) == ("published", True)
    kept = figures(grown, rates)
    assert kept == before
    assert len({row[-1] for row in kept}) > 1, "first publications of more than one night"


def test_night_with_nothing_new_changes_nothing(company: Replay, grown: Settings, tmp_path: Path) -> None:
    before = tmp_path / "before.duckdb"
    before.hardlink_to(grown.published_file.resolve())
    result = company.run(grown, NIGHTS - 1)
    assert (result.status, result.is_full_refresh) == ("published", False)
    frozen = same_profile(grown, tmp_path)
    frozen.published_file.parent.mkdir(parents=True)
    frozen.published_file.symlink_to(before)
    assert differences(grown, frozen) == {}


def test_the_percentile_in_force_gives_the_promises_that_were_made(grown: Settings) -> None:
    made = """select signed_day, place, carrier, coalesce(order_type, 'unknown'), count(*),
        count(*) filter (is_on_time), sum(transit_buffer_minutes) / 60
        from marts.fct_orders where promise_source = 'computed' and is_on_time is not null group by all"""
    tried = """select day, place, carrier, order_type, orders, on_time_orders, buffer_hours
        from marts.agg_promise_levels_daily where level_percent = 80"""
    assert sorted(figures(grown, tried)) == sorted(figures(grown, made)) != []


def test_the_lanes_add_up_to_the_promise_coverage(grown: Settings) -> None:
    lanes, whole = (
        f"""select day, place, carrier, order_type, sum(transit_suborders)::bigint, sum({covered})::bigint
        from marts.{table} group by all having sum(transit_suborders) > 0"""
        for table, covered in (
            ("agg_promise_lanes_daily", "covered_suborders"),
            ("agg_on_time_daily", "transit_covered_suborders"),
        )
    )
    assert sorted(figures(grown, lanes)) == sorted(figures(grown, whole)) != []


def test_the_lanes_add_up_to_the_signed_orders(grown: Settings) -> None:
    lanes, whole = (
        f"""select day, place, carrier, order_type, sum(signed_orders)::bigint, sum(signed_on_time_orders)::bigint
        from marts.{table} group by all having sum(signed_orders) > 0"""
        for table in ("agg_lane_daily", "agg_on_time_daily")
    )
    assert sorted(figures(grown, lanes)) == sorted(figures(grown, whole)) != []
