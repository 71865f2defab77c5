"""Two years grown over a few irregular nights, or built at once: the same to the row.

One example costs two builds a night, so there are few, drawn the same way every time, and none is shrunk.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from integration.nights import differences, figures, same_profile
from integration.two_years import Years, stories, told

from dagster_project.settings import Settings

# what the marts of a grown home hold, so that nothing is equal only because it is not there
THERE = """
select 'months', count(distinct date_trunc('month', order_day)) from marts.fct_orders
union all select 'orders on time', count(*) from marts.fct_orders where is_on_time
union all select 'orders late', count(*) from marts.fct_orders where not is_on_time
union all select 'orders without sub-orders', count(*) from marts.fct_orders where suborder_count = 0
union all select 'replaced', count(*) from marts.fct_suborders where replaced_by is not null
union all select 'lane levels', count(distinct lane_level) from marts.fct_promises
union all select 'spreads of transit times', count(distinct (p50_hours, p80_hours)) from marts.fct_promises
union all select 'events of no order', count(*) from marts.fct_events where order_id is null
union all select 'orphans', count(*) from marts.fct_events anti join marts.fct_orders using (order_id)
union all select 'lines of unknown codes', sum(picked_lines) from marts.agg_on_time_daily
    where carrier = 'unknown'
union all select 'standards of one stage', count(distinct standard_minutes) from marts.fct_stage_durations
    where stage = 'transfer'
union all select 'segments', count(distinct segment) from marts.dim_customers
union all select 'refused rows', count(*) from meta.quarantine
union all select 'duplicate rows', sum(rows_duplicate) from meta.loads
"""
AT_LEAST = {
    "months": 20,
    "lane levels": 3,
    "spreads of transit times": 20,
    "standards of one stage": 2,
    "segments": 2,
    "duplicate rows": 200,
}


def drawn(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def telling(nights: int, orders: int) -> st.SearchStrategy[Years]:
    """Stories that lack nothing and where not everything is late, as in the first that hypothesis draws."""

    def is_telling(story: Years) -> bool:
        found = told(story)
        return all(found.values()) and found["rows that came late"] < found["rows"] / 2

    return stories(nights, orders).filter(is_telling)


def grow(story: Years, folder: Path) -> tuple[Settings, Settings]:
    """A home after the last night, and one built at once. After each night the two are the same: a later one
    would mend much of what an earlier one got wrong.
    """
    grown = once = story.settings(folder)
    for night in range(len(story.ends)):
        story.deliver(grown, night)
        result = story.run(grown, night)
        assert (result.status, result.message) == ("published", "")
        assert result.is_full_refresh == (night == 0)
        if night:
            once = same_profile(grown, folder / f"once_{night}")
            assert story.run(once, night).status == "published"
            assert differences(grown, once) == {}, f"after night {night} of {story}"
    there = dict(figures(grown, THERE))
    assert {name: count for name, count in there.items() if count < AT_LEAST.get(name, 1)} == {}
    return grown, once


@drawn(5)
@given(story=telling(nights=9, orders=300))
def test_a_story_has_much_of_what_the_claim_is_about(story: Years) -> None:
    found = told(story)
    assert found["rows that came late"] > 1000
    assert found["events before their order"] > 20
    assert found["events whose order never comes"] > 10
    assert found["corrections before what they correct"] > 10
    assert found["files under another name"] > 10
    assert found["files without rows"] > 10
    assert (story.ends[-1] - story.ends[0]).days > 400


@pytest.mark.slow
@drawn(1)
@given(story=telling(nights=4, orders=300))
def test_two_years_in_four_nights_equal_builds_at_once(
    tmp_path_factory: pytest.TempPathFactory, story: Years
) -> None:
    grow(story, tmp_path_factory.mktemp("four"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@drawn(2)
@given(story=telling(nights=9, orders=300))
def test_two_years_in_nine_nights_equal_builds_at_once_and_a_rebuild(
    tmp_path_factory: pytest.TempPathFactory, story: Years
) -> None:
    grown, once = grow(story, tmp_path_factory.mktemp("nine"))
    assert story.run(grown, -1, rebuild=True).is_full_refresh
    assert differences(grown, once) == {}
