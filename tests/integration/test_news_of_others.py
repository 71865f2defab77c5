"""News that moves what stands under another order, under none, or on a day that has not come, and a night
without any: counted by hand, grown over four nights and built at once.
"""

from datetime import date

import pytest
from integration.nights import Arrival, Replay, differences, figures, same_profile
from oracle.reference import plain_reference
from oracle.story import Story, at

from dagster_project.settings import Settings

ENDS = ["01-06 00:00", "01-12 00:00", "01-15 00:00", "01-18 00:00"]


def known(story: Story, order_id: str, codes: int = 1, **sub: object) -> None:
    """An order of 3 January and its sub-orders, which nobody has touched yet."""
    story.order(order_id, "01-03 10:00", "01-08")
    for number in range(1, codes + 1):
        story.sub(f"{order_id}-{number}", order_id, "01-03 11:00", **sub)


def picked(story: Story, line: str, code: str, day: str, recorded: str) -> None:
    story.add(
        "pick_lines",
        pick_line_id=line,
        fulfilment_code=code,
        place="A",
        picked_at=at(f"{day} 12:00"),
        is_wrong=False,
        recorded_at=at(recorded),
    )


def first_night(s: Story) -> None:
    s.order("EARLY", "01-03 10:00", "01-08")
    picked(s, "L1", "EARLY-1", "01-04", "01-04 12:00")
    known(s, "WRONG")
    known(s, "RIGHT", carrier="ZTO")
    picked(s, "L2", "WRONG-1", "01-05", "01-05 12:00")
    for code, hour in (("FAST", "01-03 22:00"), ("SLOW", "01-05 12:00")):
        known(s, code)
        s.event("picked_up", "01-03 12:00", code=f"{code}-1")
        s.event("delivered", hour, code=f"{code}-1")
    s.order("AHEAD", "01-08 10:00", "01-20", recorded="01-05 10:00")
    s.sub("AHEAD-1", "AHEAD", "01-05 11:00")
    known(s, "BROKEN", codes=2)
    known(s, "BATCHED")
    s.event("paid", "01-03 10:30", order="LATE")
    s.order("STUCK", "01-03 10:00")
    s.sub("STUCK-1", "STUCK", "01-03 11:00", carrier="JT")
    known(s, "STRAY")
    known(s, "OTHER")
    s.event("packed", "01-05 12:00", code="STRAY-1", order="OTHER")
    known(s, "LEFT", codes=2)
    s.event("packed", "01-05 12:00", code="LEFT-2", order="LEFT")
    known(s, "TIE", route="transfer")
    s.event("transfer_requested", "01-05 12:00", code="TIE-1", place="B", event_id=None)
    s.order("GIVEN", "01-03 10:00", given_at="01-09 10:00")
    # a file of the first night with a row that is recorded only during the second
    known(s, "SOON", carrier="JT")
    s.event("delivered", "01-07 12:00", code="SOON-1", recorded="01-08 12:00")


def second_night(s: Story) -> None:
    picked(s, "L2", "RIGHT-1", "01-05", "01-06 12:00")
    s.order("ANEW", "01-06 10:00", "01-12")
    s.sub("ANEW-1", "ANEW", "01-06 11:00", replaces="BROKEN-1")
    s.sub("ANEW-2", "ANEW", "01-06 11:00", replaces="BATCHED-1")
    s.sub("LEFT-2", "JOINED", "01-06 11:00")
    s.order("JOINED", "01-06 10:00", "01-12")
    s.event("transfer_requested", "01-05 12:00", code="TIE-1", place="A", event_id=None)
    s.order("GIVEN", "01-03 10:00", given_at="01-07 10:00")


def third_night(s: Story) -> None:
    known(s, "LATE")
    s.sub("EARLY-1", "EARLY", "01-03 11:00")
    s.sub("BATCHED-1", "BATCHED", "01-03 12:00", batch=7)
    # each names its order, so that nothing else makes the night look at what has none
    s.event("outbound", "01-12 12:00", code="STRAY-1", order="STRAY")
    s.event("outbound", "01-12 12:00", code="LEFT-2", order="JOINED")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Settings]:
    """Grown over four nights, of which the first two come in the wrong order of their drops, and the last
    brings no file; built at once.
    """
    story, arrivals = Story(), []
    for night, tell in enumerate((first_night, second_night, third_night)):
        tell(story)
        arrivals.append(Arrival(night, date(2026, 1, (3, 2, 4)[night]), story.rows))
        story.rows = {entity: [] for entity in story.rows}
    company = story.company(ENDS[-1], plain_reference())
    nights = Replay(company, [at(end) for end in ENDS], arrivals)
    folder = tmp_path_factory.mktemp("news")
    grown = nights.settings(folder)
    for night in range(len(ENDS)):
        nights.deliver(grown, night)
        result = nights.run(grown, night)
        assert (result.status, result.is_full_refresh) == ("published", night == 0)
    once = same_profile(grown, folder / "once")
    nights.run(once, -1)
    return grown, once


CLAIMS = {
    "a line picked before its sub-order was known counts once, under the order": (
        "select carrier, order_type, picked_lines from marts.agg_on_time_daily"
        " where day = '2026-01-04' and picked_lines > 0",
        [("SF", "standard", 1)],
    ),
    "a line picked for another code than was said first counts once, where it was picked for": (
        "select carrier, picked_lines from marts.agg_on_time_daily"
        " where day = '2026-01-05' and picked_lines > 0",
        [("ZTO", 1)],
    ),
    "an order known before its day takes the buffers of its day": (
        # transits of 10 and 48 hours
        "select buffer_hours from marts.fct_promises where fulfilment_code = 'AHEAD-1'",
        [(38,)],
    ),
    "a row that landed before it was recorded counts from then on": (
        "select signed_at = timestamptz '2026-01-07 12:00:00+08' from marts.fct_suborders"
        " where fulfilment_code = 'SOON-1'",
        [(True,)],
    ),
    "a replacement in another order takes the place of the old one": (
        "select replaced_by from marts.fct_suborders where order_id = 'BROKEN' order by fulfilment_code",
        [("ANEW-1",), (None,)],
    ),
    "a replacement in another order takes the batch of the old one, told later": (
        "select batch from marts.fct_suborders where fulfilment_code = 'ANEW-2'",
        [(7,)],
    ),
    "an event of a sub-order that names another order stays the sub-order's": (
        "select packed_at is not null, outbound_at is not null from marts.fct_suborders"
        " where fulfilment_code = 'STRAY-1'",
        [(True, True)],
    ),
    "a sub-order that goes to another order takes its events along": (
        "select order_id, packed_at is not null, outbound_at is not null from marts.fct_suborders"
        " where fulfilment_code = 'LEFT-2'",
        [("JOINED", True, True)],
    ),
    "of two places at one instant the smaller holds, whichever came first": (
        "select distinct place from marts.fct_stage_durations"
        " where fulfilment_code = 'TIE-1' and stage = 'transfer'",
        [("A",)],
    ),
    "of two promises given at one instant the earlier holds, whichever came first": (
        "select promised_at = '2026-01-07 10:00:00+08' from marts.fct_orders where order_id = 'GIVEN'",
        [(True,)],
    ),
    "an order that comes late finds what was told of it before": (
        "select paid_at = '2026-01-03 10:30:00+08' from marts.fct_suborders where order_id = 'LATE'",
        [(True,)],
    ),
    "a stage that nobody ends is overdue on the days of a night without news": (
        "select day, stage, open_overdue from marts.agg_stage_open_daily where carrier = 'JT'"
        " and day >= '2026-01-14' order by day",
        [(date(2026, 1, day), "placed_to_paid", 1) for day in (14, 15, 16, 17)],
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_holds_over_four_nights(claim: str, homes: tuple[Settings, Settings]) -> None:
    query, expected = CLAIMS[claim]
    assert [figures(home, query) for home in homes] == [expected, expected]


def test_four_nights_equal_one_build_from_scratch(homes: tuple[Settings, Settings]) -> None:
    assert differences(*homes) == {}
