"""The executive's page, opened as an address would open it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.ui import freshness
from tests.unit.dashboards.reading import words


def metric(app: AppTest, label: str) -> str:
    return next(str(box.value) for box in app.metric if box.label == label).replace("\u00a0", " ")


def test_it_opens_with_the_verdict_of_the_latest_month(open_page) -> None:
    app = open_page()
    said = app.header[0].value.replace("\u00a0", " ")
    # 921 of 1,086 and 1,072 of 1,088
    assert said.startswith(
        "In February 2026, **85 of 100** promised orders arrived when promised; the ERP says **99**."
    )
    # 51 %
    assert "**Half** of the late time was lost waiting for **transfers** from **Warehouse B**." in said
    assert "Overdue and still open: **29 orders**." in said
    assert metric(app, "True on-time") == "84.8 %"
    assert metric(app, "On time as the ERP counts") == "98.5 %"
    assert metric(app, "Gap") == "\u221213.7 points"
    assert metric(app, "Overdue and open") == "29"


def test_a_pasted_link_shows_the_same_in_chinese(open_page) -> None:
    app = open_page(lang="zh", period="2026-01", place=["WH_B"], carrier=["SF"])
    assert app.header[0].value.startswith("2026年1月，每 100 个有承诺的订单中有 **")
    assert "仅看：B仓 · 顺丰速运" in words(app)
    assert app.selectbox(key="period").value == "2026-01"
    assert app.multiselect(key="place").value == ["WH_B"]
    english = open_page(lang="en", period="2026-01", place=["WH_B"], carrier=["SF"])
    assert metric(app, "真准时率").replace("%", " %") == metric(english, "True on-time")


def test_choosing_writes_the_address(open_page) -> None:
    app = open_page()
    app.multiselect(key="place").set_value(["WH_A", "FW_1"]).run()
    app.selectbox(key="period").set_value("all").run()
    app.segmented_control(key="language").set_value("zh").run()
    assert not app.exception
    assert app.query_params["place"] == ["WH_A", "FW_1"]
    assert app.query_params["period"] == "all"
    assert app.query_params["lang"] == "zh"
    assert "2026年1月1日至2026年2月28日" in words(app)


def test_own_days(open_page) -> None:
    app = open_page(period="2026-01-05..2026-01-11")
    assert app.selectbox(key="period").value == "own"
    assert "From 5 Jan 2026 to 11 Jan 2026" in words(app)


def test_a_link_that_names_what_is_not_there_says_so_and_shows_the_rest(open_page) -> None:
    app = open_page(place=["WH_B", "WH_Z"], period="1999-01")
    assert "left out: WH_Z, 1999-01" in words(app)
    assert metric(app, "True on-time") == "72.6 %"


def test_too_few_orders_are_a_count_and_no_rate(open_page) -> None:
    app = open_page(period="2026-02-10", place=["WH_B"])
    assert "too few to judge" in words(app)
    assert metric(app, "True on-time") == "–"
    assert "orders, too few for a rate" in words(app)


def test_the_strip_says_what_is_red_with_sign_deviation_and_count(open_page) -> None:
    listed = [str(line.value).replace("\u00a0", " ") for line in open_page(period="2026-01").markdown]
    # 31 days of 3 transfers, 6 of them stuck on 31 January
    stuck = 3 + 30 % 4
    at = "stage=transfer&at=WH_B"
    assert (
        f":red-badge[▲ +14.2 %] **Transfer** · Warehouse B · [93](/orders?period=2026-01&show=stage&{at})"
        f" · [{stuck} stuck](/orders?period=2026-01&show=stuck&{at})"
    ) in listed
    at = "stage=picked_up_to_hub_arrived&at=YTO"
    assert (
        f":yellow-badge[△ +5.0 %] **Line haul** · YTO Express · [372](/orders?period=2026-01&show=stage&{at})"
        in listed
    )


def test_a_finished_history_is_not_late(open_page) -> None:
    app = open_page()
    assert "History up to end of 28 Feb 2026 (Asia/Shanghai)" in words(app)
    assert not app.warning and not app.error


def test_a_company_whose_clock_runs_is_late_after_36_hours(open_page, published: Path) -> None:
    night = datetime.now(UTC) - timedelta(hours=50)
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.run set as_of = ?", [night])
        connection.execute("update meta.runs set as_of = ?, published_at = ?", [night, night])
    app = open_page(period="2026-02")
    assert "The data is 50 h old: the last night has not come in." in words(app)
    assert "Data as of" in words(app)


def test_a_page_that_stays_open_turns_late_without_a_new_file(
    open_page, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime.now(UTC) - timedelta(hours=1)
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.run set as_of = ?", [night])
        connection.execute("update meta.runs set as_of = ?, published_at = ?", [night, night])
    app = open_page(period="2026-02")
    assert not app.warning
    monkeypatch.setattr(freshness, "LATE_AFTER_HOURS", 0.5)
    app.run()
    assert "has not come in" in app.warning[0].value


def test_a_night_that_failed_is_a_banner(open_page, status) -> None:
    status(last_run=8, status="failed", message="No space left.", at="2026-03-01T03:05:11+08:00")
    app = open_page()
    assert "The last night did not succeed (1 Mar 2026 03:05)" in app.error[0].value
    assert "No space left." in app.error[0].value


def test_a_night_that_was_held_back_is_a_banner(open_page, status) -> None:
    status(last_run=8, status="blocked", message="2 checks failed.", at="2026-03-01T03:05:11+08:00")
    assert "held back by its checks" in open_page().warning[0].value


def test_files_that_could_not_be_read_are_said(open_page, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.files set status = 'refused' where file = 'erp/products.csv'")
    labels = [link.proto.label for link in open_page().get("page_link")]
    assert any("Files that could not be read: 1." in label for label in labels)


def test_a_good_night_is_no_banner(open_page, status) -> None:
    status(last_run=7, status="published", message="", at="2026-03-01T03:05:11+08:00")
    app = open_page()
    assert not app.error and not app.warning


def test_before_the_first_night_it_says_what_to_do(open_page, published: Path) -> None:
    published.unlink()
    st.cache_data.clear()
    assert "make run PROFILE=demo" in open_page().info[0].value


def test_a_company_without_an_erp_has_no_gap(open_page, published: Path) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from marts.kpi where metric = 'erp_on_time_rate'")
        connection.execute("delete from marts.agg_bridge_daily where step in ('erp', 'erp_due')")
        connection.execute(
            "update marts.agg_on_time_daily set erp_shipped_orders = 0, erp_on_time_orders = 0"
        )
    app = open_page()
    assert "the ERP says" not in app.header[0].value
    assert metric(app, "Gap") == "–"
    assert "holds no ERP verdict" in words(app)


def test_every_chart_has_words_and_a_title_on_every_axis_of_numbers(open_page) -> None:
    charts = open_page().get("plotly_chart")
    assert len(charts) == 9
    for chart in charts:
        assert chart.proto.alt
        figure = json.loads(chart.proto.spec)
        is_strip = figure["layout"]["xaxis"].get("side") == "top"
        assert is_strip or figure["layout"]["xaxis"]["title"]["text"], figure["layout"]["xaxis"]
