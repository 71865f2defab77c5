"""Overdue orders by what can be done: told apart here in Python from the instants as they lie in the file."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.published import ask
from tests.unit.dashboards.test_executive import opens, text

NOBODY: dict[str, list[str]] = {"places": [], "carriers": [], "types": []}
SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = timedelta(days=7)


def told_apart(published: Path, last: date) -> dict[str, str]:
    """The group of each overdue order, by the definition in words."""
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), SHANGHAI)
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute("from marts.fct_overdue")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    groups = {}
    for row in rows:
        if row["promised_at"] > end or (row["signed_at"] and row["signed_at"] <= end):
            continue
        seen = {name: at for name, at in row.items() if name.endswith("_at") and at is not None and at <= end}
        tracks = [
            seen[name] for name in ("picked_up_at", "near_at", "failed_at", "last_track_at") if name in seen
        ]
        scans = tracks + [seen[name] for name in ("shipped_at",) if name in seen]
        is_silent = bool(scans) and end - max(scans) >= WEEK
        claimed, denied = seen.get("claimed_signed_at"), seen.get("not_received_at")
        if not tracks:
            groups[row["order_id"]] = "lost" if is_silent else "with_us"
        elif "failed_at" in seen or (claimed and denied and denied >= claimed):
            groups[row["order_id"]] = "contested"
        elif "near_at" in seen:
            groups[row["order_id"]] = "unsigned" if is_silent else "at_door"
        else:
            groups[row["order_id"]] = "lost" if is_silent else "on_road"
    return groups


def links(app: AppTest) -> dict[str, dict[str, list[str]]]:
    return {link.proto.label: parse_qs(link.proto.query_string) for link in app.get("page_link")}


@pytest.mark.parametrize("last", [date(2026, 2, 28), date(2026, 1, 31)])
def test_each_overdue_order_stands_in_one_group(published: Path, last: date) -> None:
    told = Counter(told_apart(published, last).values())
    rows = ask(published, "overdue_parts", to_day=last.isoformat(), lang="en", **NOBODY)
    assert {row["part"]: row["orders"] for row in rows if row["orders"]} == told
    whole = sum(
        row["orders"] for row in ask(published, "overdue", to_day=last.isoformat(), lang="en", **NOBODY)
    )
    assert whole == sum(told.values())
    assert len(told) >= 4


def test_seven_days_to_the_minute_are_silence(published: Path) -> None:
    values = {"to_day": "2026-02-28", "lang": "en", **NOBODY}

    def group(order: str) -> str:
        st.cache_data.clear()
        rows = ask(published, "orders_behind", show="overdue", from_day="2026-02-01", most=200, age="", step="",
                   stage="", at="", part="", **values)  # fmt: skip
        return next(row["part"] for row in rows if row["order_id"] == order)

    # its last track came exactly seven days before the end
    with duckdb.connect(str(published), read_only=True) as connection:
        (silent,) = connection.execute(
            """select order_id from marts.fct_overdue
            where last_track_at = timestamptz '2026-02-21 16:00:00+00' and signed_at is null limit 1"""
        ).fetchone() or ("",)
    assert group(silent) == "unsigned"
    st.cache_resource.clear()
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update marts.fct_overdue set last_track_at = timestamptz '2026-02-21 16:01:00+00' where order_id = ?",
            [silent],
        )
    assert group(silent) == "at_door"
    # and the number of days is a parameter
    st.cache_resource.clear()
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.parameters set value = 6 where name = 'silent_days'")
    assert group(silent) == "unsigned"


def test_the_page_says_what_to_act_on_and_each_group_opens(open_page, published: Path) -> None:
    app = open_page(period="2026-02")
    told = Counter(told_apart(published, date(2026, 2, 28)).values())
    moving = told["with_us"] + told["on_road"] + told["at_door"]
    assert f"**{moving} of 29** can still be moved today: {told['with_us']} still with us" in text(app)
    assert str(app.header[0].value).endswith(f"**{moving}** of them can still be moved today.")
    assert [to["part"] for to in opens(app, "chart_parts")] == [
        part for part in ("with_us", "on_road", "at_door", "contested", "lost", "unsigned") if told[part]
    ]
    found = links(app)
    assert found[f"The {moving} to act on today"]["part"] == ["moving"]
    orders = "order" if told["with_us"] == 1 else "orders"
    assert found[f"still with us: {told['with_us']} {orders}"]["part"] == ["with_us"]
    # of an earlier day nothing can be done today
    past = open_page(period="2026-01")
    assert "can still be moved today" not in text(past) + str(past.header[0].value)
    assert "今天还来得及处理" in text(open_page(period="2026-02", lang="zh"))


@pytest.mark.parametrize(
    "part", ["", "moving", "with_us", "on_road", "at_door", "contested", "lost", "unsigned"]
)
def test_the_list_of_a_group_holds_it_exactly(published: Path, part: str) -> None:
    told = told_apart(published, date(2026, 2, 28))
    wanted = {"": set(told.values()), "moving": {"with_us", "on_road", "at_door"}}.get(part, {part})
    rows = ask(
        published, "orders_behind", show="overdue", part=part, from_day="2026-02-01", to_day="2026-02-28",
        lang="en", most=200, age="", step="", stage="", at="", **NOBODY,
    )  # fmt: skip
    assert {row["order_id"] for row in rows} == {order for order, group in told.items() if group in wanted}


def test_where_it_stands_with_us_opens_those(published: Path) -> None:
    told = told_apart(published, date(2026, 2, 28))
    values = {"to_day": "2026-02-28", "lang": "en", **NOBODY}
    standing = ask(published, "overdue_with_us", **values)
    assert sum(row["orders"] for row in standing) == Counter(told.values())["with_us"] > 0
    for row in standing:
        rows = ask(
            published, "orders_behind", show="overdue", part="with_us", stage=row["stage"], at=row["place"],
            from_day="2026-02-01", most=200, age="", step="", **values,
        )  # fmt: skip
        assert len(rows) == row["orders"]


@pytest.mark.parametrize(("lang", "claimed"), [("en", "carrier"), ("zh", "承运商")])
def test_what_looks_lost_may_never_have_reached_a_carrier(open_page, lang: str, claimed: str) -> None:
    # its one scan may be our own outbound scan: nobody is told to claim it from a carrier
    app = open_page(period="2026-02", lang=lang)
    (chart,) = (chart for chart in app.get("plotly_chart") if "chart_parts" in chart.proto.id)
    labels = json.loads(chart.proto.spec)["data"][0]["y"]
    (lost,) = (label for label in labels if "<b>Looking lost</b>" in label or "<b>疑似丢失</b>" in label)
    assert claimed not in lost.lower() and "<br>" in lost
