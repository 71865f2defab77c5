"""A day's rates as first published, worked out afterwards, are what a night at that hour really counts."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from oracle.company import Row
from oracle.night import one_night, published, read
from oracle.reference import plain_reference
from oracle.story import Story, at, on

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings

LAST = number(date(2026, 2, 28))
DAY = date(2026, 2, 10)
MOVED = (
    "complaint_rate", "in_full_on_time_rate", "promise_kept_rate", "promised_share", "true_on_time_rate",
    "wished_date_hit_rate",
)  # fmt: skip
METRICS = tuple(sorted((*MOVED, "erp_on_time_rate")))  # the demo company's ERP records nothing late
TAKEN_BACK = """
    select kpi.metric,
        kpi.numerator - count(moved.metric) filter (is_met) + count(moved.metric) filter (was_met),
        kpi.denominator - count(moved.metric) filter (is_counted) + count(moved.metric) filter (was_counted),
        count(moved.metric)
    from marts.kpi as kpi
    left join marts.fct_restatements as moved on moved.metric = kpi.metric and moved.day = kpi.period_start
    where kpi.period = 'day' and kpi.period_start = $1 and list_contains($2, kpi.metric)
    group by kpi.metric, kpi.numerator, kpi.denominator order by kpi.metric
"""
COUNTED = """
    select metric, numerator, denominator from marts.kpi
    where period = 'day' and period_start = $1 and list_contains($2, metric) order by metric
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_moved_a_day_leads_back_to_what_its_own_night_counted(tmp_path: Path) -> None:
    generate(Size(LAST - 74, LAST, 250, 7), tmp_path / "demo", lambda line: None)

    def rows(name: str, as_of: datetime | None, query: str, *values: object) -> list[tuple]:
        source = tmp_path / "demo" / "source"
        settings = Settings("demo", PROFILES / "demo", source, tmp_path / name, as_of=as_of, port=0)
        night = run_night(settings, with_quality=False, say=lambda line: None)
        assert night.status == "published", night.message
        with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
            return connection.execute(query, [DAY, *values]).fetchall()

    three = datetime(DAY.year, DAY.month, DAY.day, 3, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    known_later = rows("now", None, TAKEN_BACK, list(METRICS))
    assert [metric for metric, *_ in known_later] == list(METRICS)
    assert {metric for metric, *_, moved in known_later if moved} == set(MOVED)
    assert [row[:3] for row in known_later] == rows("then", three, COUNTED, list(METRICS))


SIGNED = ("true_on_time_rate", "promised_share")
KEPT = ("promise_kept_rate", "in_full_on_time_rate")
COLUMNS = (
    "metric", "day", "order_id", "was_counted", "was_met", "is_counted", "is_met", "cause", "event_type_before",
    "occurred_at_before", "event_type", "recorded_at", "record",
)  # fmt: skip
JOINS, LEAVES = (False, False, True, True), (True, True, False, False)
MET_SINCE, MISSED_SINCE = (True, False, True, True), (True, True, True, False)


class Expected:
    """Rows of `fct_restatements` as counted by hand."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rows: set[tuple] = set()

    def add(
        self,
        metrics: tuple[str, ...],
        day: str,
        order: str,
        counts: tuple[bool, ...],
        cause: str,
        *,
        before: Row | None = None,
        event: Row | None = None,
        **other: Any,
    ) -> None:
        """`before`, `event`: what was told first, and what moved it; each line of its file is a row told."""
        columns: Row = {"event_type": event and event["event_type"], **other}
        if before:
            columns |= {
                "event_type_before": before["event_type"],
                "occurred_at_before": before["occurred_at"],
            }
        if event:
            columns |= {"recorded_at": event["recorded_at"], "record": self.line("events", event)}
        found = [columns.get(name) for name in COLUMNS[8:]]
        self.rows |= {(metric, on(day), order, *counts, cause, *found) for metric in metrics}

    def line(self, entity: str, row: Row) -> int:
        return self.story.rows[entity].index(row) + 2  # the first line has the names


def ordered(story: Story, order: str, **more: Any) -> None:
    """An order of 5 January with a promise for the end of the 10th, gone out on the 6th."""
    story.order(order, "01-05 10:00", given="01-10", **more)
    story.sub(f"{order}-1", order, "01-05 10:00")
    story.event("outbound", "01-06 10:00", code=f"{order}-1")


def delivered(
    story: Story, order: str, happened: str, recorded: str, kind: str = "delivered", **more: Any
) -> Row:
    return story.event(kind, happened, code=f"{order}-1", recorded=recorded, source="sf", **more)


def tell(story: Story) -> set[tuple]:
    """Known by 03:00 of the next day counts as known; later it joins its day, leaves the one it was on, or is
    judged otherwise.
    """
    expected = Expected(story)
    ordered(story, "in_time")
    delivered(story, "in_time", "01-10 18:00", "01-11 03:00")

    ordered(story, "late")
    late = delivered(story, "late", "01-10 18:00", "01-11 03:00:00.000001")
    expected.add(SIGNED, "01-10", "late", JOINS, "recorded_late", event=late)
    expected.add(KEPT, "01-10", "late", MET_SINCE, "recorded_late", event=late)

    # the carrier's word came after the customer's, of a day before it
    ordered(story, "earlier")
    story.event("received_click", "01-10 20:00", code="earlier-1", source="wechat")
    earlier = delivered(story, "earlier", "01-09 15:00", "01-11 04:00")
    expected.add(SIGNED, "01-09", "earlier", JOINS, "recorded_late", event=earlier)
    expected.add(SIGNED, "01-10", "earlier", LEAVES, "recorded_late", event=earlier)

    ordered(story, "disputed")
    signed = delivered(story, "disputed", "01-10 15:00", "01-10 15:00")
    ticket = story.event(
        "not_received_ticket", "01-12 10:00", order="disputed", recorded="01-12 10:05", source="crm"
    )
    expected.add(SIGNED, "01-10", "disputed", LEAVES, "disputed", before=signed, event=ticket)
    expected.add(KEPT, "01-10", "disputed", MISSED_SINCE, "disputed", before=signed, event=ticket)
    expected.add(("complaint_rate",), "01-10", "disputed", MET_SINCE, "complained", event=ticket)

    ordered(story, "replaced")
    delivered(story, "replaced", "01-09 15:00", "01-09 15:00")
    story.sub("replaced-2", "replaced", "01-12 10:00", replaces="replaced-1")
    story.event("delivered", "01-14 15:00", code="replaced-2", source="sf")
    replaced = {"recorded_at": at("01-12 10:00")}
    expected.add(SIGNED, "01-09", "replaced", LEAVES, "replaced", **replaced)
    expected.add(KEPT, "01-10", "replaced", MISSED_SINCE, "replaced", **replaced)

    # said to be signed on the 11th, then on the 10th
    ordered(story, "mended")
    first = delivered(story, "mended", "01-11 01:00", "01-11 01:05", event_id="mended")
    then = delivered(story, "mended", "01-10 22:00", "01-12 08:00", event_id="mended")
    expected.add(SIGNED, "01-10", "mended", JOINS, "corrected", before=first, event=then)
    expected.add(
        SIGNED[:1], "01-11", "mended", (True, False, False, False), "corrected", before=first, event=then
    )
    expected.add(SIGNED[1:], "01-11", "mended", LEAVES, "corrected", before=first, event=then)
    expected.add(KEPT, "01-10", "mended", MET_SINCE, "corrected", before=first, event=then)

    # said to be delivered: it was the sender who signed
    ordered(story, "went_back")
    first = delivered(story, "went_back", "01-10 15:00", "01-10 15:05", event_id="back")
    then = delivered(story, "went_back", "01-10 15:00", "01-13 08:00", "returned_signed", event_id="back")
    expected.add(SIGNED, "01-10", "went_back", LEAVES, "returned", before=first, event=then)
    expected.add(KEPT, "01-10", "went_back", MISSED_SINCE, "returned", before=first, event=then)

    # signed as far as was known at that very hour
    ordered(story, "complained")
    delivered(story, "complained", "01-10 18:00", "01-11 03:00")
    ticket = story.event(
        "complaint_ticket", "01-13 10:00", order="complained", recorded="01-13 10:05", source="crm"
    )
    expected.add(("complaint_rate",), "01-10", "complained", MET_SINCE, "complained", event=ticket)

    # two of five were known in time
    ordered(story, "late_receipt")
    delivered(story, "late_receipt", "01-10 15:00", "01-10 15:05")
    story.line("late_receipt", 1, 5, "01-05 10:00")
    story.receipt("late_receipt", 1, "r1", 2, "01-10 18:00")
    rest = story.receipt("late_receipt", 1, "r2", 3, "01-11 05:00")
    row = {"recorded_at": rest["recorded_at"], "record": expected.line("receipts", rest)}
    expected.add(KEPT[1:], "01-10", "late_receipt", MET_SINCE, "receipt_late", **row)

    # five were said to be whole, one was found broken
    ordered(story, "short")
    delivered(story, "short", "01-10 15:00", "01-10 15:05")
    story.line("short", 1, 5, "01-05 10:00")
    story.receipt("short", 1, "r3", 5, "01-11 03:00")
    broken = story.receipt("short", 1, "r3", 4, "01-11 09:00")
    row = {"recorded_at": broken["recorded_at"], "record": expected.line("receipts", broken)}
    expected.add(KEPT[1:], "01-10", "short", MISSED_SINCE, "shortage", **row)

    # the ERP's limit was moved two days after it had been missed
    story.order("lenient", "01-05 10:00", ship_by="01-10 12:00")
    story.event("erp_shipped", "01-10 15:00", order="lenient", recorded="01-10 15:05", source="erp")
    story.order("lenient", "01-05 10:00", ship_by="01-10 18:00", recorded="01-12 09:00")
    moved = {"recorded_at": at("01-12 09:00"), "occurred_at_before": at("01-10 12:00")}
    expected.add(("erp_on_time_rate",), "01-10", "lenient", MET_SINCE, "ship_by_moved", **moved)
    return expected.rows


def test_what_moved_a_day_since_it_was_published(tmp_path: Path) -> None:
    story = Story()
    expected = tell(story)
    with published(one_night(story.company("02-01 08:00", plain_reference()), tmp_path)) as connection:
        rows = read(connection, f"select {', '.join(COLUMNS)} from marts.fct_restatements")
    found = [tuple(row.values()) for row in rows]
    assert len(found) == len(set(found))
    assert set(found) == expected
