"""The ten questions: each runs, four and more give what an independent count gives, and the document says the same."""

import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from dagster_project.settings import REPOSITORY
from dashboards.published import ask_freely
from dashboards.settings import Limits
from dashboards.ui.questions import FOLDER, questions

DOCUMENT = (REPOSITORY / "docs" / "analysts.md").read_text(encoding="utf-8")
SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 3, 1, tzinfo=SHANGHAI)
Rows = list[dict[str, Any]]


@pytest.fixture
def rows(published: Path):
    """All rows of a table as they lie there."""

    def read(table: str) -> Rows:
        with duckdb.connect(str(published), read_only=True) as connection:
            found = connection.execute(f"from {table}")
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return read


@pytest.fixture
def answer(published: Path):
    """What a question gives, by the number it begins with."""

    def asked(number: int) -> Rows:
        name = next(name for name in questions() if name.startswith(f"{number:02}_"))
        found = ask_freely(published, questions()[name].sql, Limits())
        assert not found.wrong, found
        return found.rows

    return asked


def test_there_are_ten_with_a_title_in_both_languages() -> None:
    assert len(questions()) == 10 == len(list(FOLDER.iterdir()))
    for question in questions().values():
        assert question.title("en") and re.search("[\u4e00-\u9fff]", question.title("zh"))


@pytest.mark.parametrize("number", range(1, 11))
def test_each_finds_something(answer, number: int) -> None:
    assert answer(number)


def test_the_document_holds_exactly_the_ten(published: Path) -> None:
    assert re.findall(r"```sql\n(.*?)\n```", DOCUMENT, flags=re.DOTALL) == [
        question.sql for question in questions().values()
    ]
    for question in questions().values():
        assert question.title("en") in DOCUMENT and question.title("zh") in DOCUMENT


def test_the_python_of_the_document_runs(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(published.parent))
    folder = published.parent.parent.parent  # where `data/demo/published` is looked for
    (folder / "data").symlink_to(folder)
    monkeypatch.chdir(folder)
    blocks = re.findall(r"```python\n(.*?)\n```", DOCUMENT, flags=re.DOTALL)
    assert len(blocks) == 2
    found: dict[str, Any] = {}
    for block in blocks:
        exec(block, found)
    assert {carrier for carrier, _ in found["rows"]} == {"SF", "YTO"}
    assert len(found["in_pandas"]) == found["in_polars"].height == 2280


def test_who_is_late(rows, answer) -> None:
    signed: dict[str, list[bool]] = defaultdict(list)
    for order in rows("marts.fct_orders"):
        if order["signed_at"] and order["promised_at"] and order["signed_day"].month == 2:
            signed[order["carrier"]].append(order["signed_at"] > order["promised_at"])
    expected = {
        carrier: (len(late), sum(late), 100 * sum(late) / len(late)) for carrier, late in signed.items()
    }
    found = answer(1)
    assert {row["carrier"] for row in found} == set(expected)
    for row in found:
        signed_orders, late_orders, percent = expected[row["carrier"]]
        assert (row["signed_orders"], row["late_orders"]) == (signed_orders, late_orders)
        assert row["late_percent"] == pytest.approx(percent, abs=0.05)


def test_late_though_the_erp_says_on_time(rows, answer) -> None:
    late = [
        (order["signed_at"] - order["promised_at"], order["order_id"])
        for order in rows("marts.fct_orders")
        if order["is_erp_on_time"] and order["signed_at"] and order["promised_at"]
        and order["signed_at"] > order["promised_at"]
    ]  # fmt: skip
    late.sort(key=lambda pair: (-pair[0], pair[1]))
    assert [row["order_id"] for row in answer(2)] == [order for _, order in late[:100]]


def test_lanes_beyond_their_buffer(rows, answer) -> None:
    planned = {
        row["fulfilment_code"]: row["p80_hours"]
        for row in rows("marts.fct_promises")
        if row["is_planned"] and row["promise_source"] == "computed"
    }
    lanes: dict[tuple, list[bool]] = defaultdict(list)
    for part in rows("marts.fct_suborders"):
        if part["signed_at"] and part["fulfilment_code"] in planned:
            hours = -((part["picked_up_at"] - part["signed_at"]).total_seconds() // 3600)
            lane = part["origin_place"], part["carrier"], part["destination_city"]
            lanes[lane].append(hours <= planned[part["fulfilment_code"]])
    expected = {lane: (len(within), sum(within)) for lane, within in lanes.items()}
    found = {
        (row["origin_place"], row["carrier"], row["destination_city"]): (
            row["suborders"],
            row["within_suborders"],
        )
        for row in answer(3)
    }
    assert found == expected and len(found) == 6


def test_complaints_of_late_orders(rows, answer) -> None:
    due = [
        order for order in rows("marts.fct_orders") if order["promised_at"] and order["promised_at"] <= AS_OF
    ]
    for row, is_kept in zip(answer(5), (True, False), strict=True):
        those = [
            order for order in due
            if (order["signed_at"] is not None and order["signed_at"] <= order["promised_at"]) == is_kept
        ]  # fmt: skip
        assert row["due_orders"] == len(those)
        assert row["complaint_orders"] == sum(order["has_complaint"] for order in those)


def test_restated_days(answer) -> None:
    # published.sql: one order fewer on time on the thirteenth of each month, and nothing else
    found = answer(6)
    assert {row["day"] for row in found} == {date(2026, 1, 13), date(2026, 2, 13)}
    assert all(row["now_numerator"] - row["first_numerator"] == 1 for row in found)
    assert all(row["now_percent"] > row["first_percent"] for row in found)


def test_the_same_reason_is_counted_once(answer) -> None:
    found = [(row["source"], row["why"], row["refused_rows"], row["first_file"]) for row in answer(7)]
    assert found == [
        (
            "erp",
            "column order_no: a value is missing; send the row again with one.",
            12,
            "erp/orders/2026-02-01/orders.csv",
        ),
        (
            "sf",
            "column at: … is no time like %Y; correct it or add its format to the contract.",
            1,
            "sf/tracks/2.jsonl",
        ),
        (
            "sf",
            "column code: … is not in codes/sf.csv; add the code there with its meaning.",
            1,
            "sf/tracks/2.jsonl",
        ),
        ("sf", "it is no whole JSON object; have the line delivered again.", 1, "sf/tracks/3.jsonl"),
    ]


def test_stuck_suborders(rows, answer) -> None:
    promised = {row["order_id"]: row["promised_at"] or row["placed_at"] for row in rows("marts.fct_orders")}
    since = AS_OF - timedelta(days=30)
    open_now = [
        row for row in rows("marts.fct_stage_durations")
        if row["ended_at"] is None and row["started_at"] is not None
        and (AS_OF - row["started_at"]).total_seconds() / 60 > row["standard_minutes"]
    ]  # fmt: skip
    stuck = {
        (row["fulfilment_code"], row["stage"]): (AS_OF - row["started_at"]).total_seconds() / 3600
        for row in open_now
        if promised[row["order_id"]] > since
    }
    found = {(row["fulfilment_code"], row["stage"]): row["in_stage_hours"] for row in answer(8)}
    assert found == pytest.approx(stuck, abs=0.06) and 3 < len(found) < len(open_now)


def test_events_of_the_latest_order_with_file_and_line(rows, answer) -> None:
    late = [order for order in rows("marts.fct_orders") if order["lateness_minutes"] is not None]
    latest = min(late, key=lambda order: (-order["lateness_minutes"], order["order_id"]))
    events = [event for event in rows("marts.fct_events") if event["order_id"] == latest["order_id"]]
    found = answer(9)
    assert {(row["file"], row["record"]) for row in found} == {(row["file"], row["record"]) for row in events}
    assert len(found) == len(events) == 4
    assert [row["occurred_at"] for row in found] == sorted(row["occurred_at"] for row in events)


def test_the_worst_served_customers(rows, answer) -> None:
    signed: dict[str, list[bool]] = defaultdict(list)
    for order in rows("marts.fct_orders"):
        if order["signed_at"] and order["promised_at"]:
            signed[order["customer_id"]].append(order["signed_at"] <= order["promised_at"])
    enough = {customer: kept for customer, kept in signed.items() if len(kept) >= 30}
    found = answer(10)
    assert {row["customer_id"]: (row["signed_orders"], row["late_orders"]) for row in found} == {
        customer: (len(kept), len(kept) - sum(kept)) for customer, kept in enough.items()
    }
    percents = [100 * sum(enough[row["customer_id"]]) / len(enough[row["customer_id"]]) for row in found]
    assert [row["on_time_percent"] for row in found] == pytest.approx(percents, abs=0.051)
    assert [row["on_time_percent"] for row in found] == sorted(row["on_time_percent"] for row in found)
