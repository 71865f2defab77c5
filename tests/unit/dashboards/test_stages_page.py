"""Stages by week: held to hand counts on the small published file, its transfers doubled so that a week has enough.

WH_B's transfer: 6 sub-orders a day of 120 minutes' standard, 14.2 % over it in January and 2.1 % in February.
Payment in the office: 12 a day, 10.1 % over it always. Stuck at WH_B: 3 + (days since 1 January) modulo 4.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.unit.dashboards.reading import words


@pytest.fixture
def open_stages(open_page, published: Path):
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """update marts.agg_stage_daily set suborders = 2 * suborders,
                standard_microseconds = 2 * standard_microseconds, actual_microseconds = 2 * actual_microseconds
            where stage = 'transfer'"""
        )

    def opened(**query: str | list[str]) -> AppTest:
        app = open_page(**query)
        app.switch_page("app_pages/stages.py").run()
        assert not app.exception, app.exception
        return app

    return opened


def head(app: AppTest) -> str:
    return str(app.header[0].value).replace("\u00a0", " ")


def cells(app: AppTest, width: str = "wide") -> dict[tuple[str, str, str], str]:
    """What is written in the picture, by stage, place and period of the list that a cell opens."""
    found = [chart for chart in app.get("plotly_chart") if f"chart_heat_{width}" in chart.proto.id]
    if not found:
        return {}
    trace = json.loads(found[0].proto.spec)["data"][0]
    targets = [json.loads(to) for to in trace["customdata"]]
    written = [re.sub("</?(b|span)( [^>]*)?>", "", text).replace("\u00a0", " ") for text in trace["text"]]
    return {
        (to["stage"], to["at"], to["period"]): text for to, text in zip(targets, written, strict=True)
    } | {("shows", to["show"], ""): "" for to in targets}


def test_the_stage_that_loses_most_is_said_first(open_stages) -> None:
    # a week of 6 days: payment 72 x 120 min x 10.1 % = 14.5 h, the transfer 36 x 120 min x 14.2 % = 10.2 h
    app = open_stages(period="2026-01")
    assert head(app) == (
        "**“Payment” at Head office** has been red (over 10 %) since the week of 29 Dec (5 weeks) or longer: "
        "**+10.1 %** in the week of 26 Jan (to 31 Jan), 72 sub-orders, 0 stuck. One more is too slow."
    )
    # and its group is the one that is open
    assert app.session_state["group"] == "office"


def test_since_when_and_what_is_stuck(open_stages) -> None:
    # the week that begins on 29 December has 4 days in January, 24 sub-orders: too few; 31 January is day 30: 3 + 2
    app = open_stages(period="2026-01", place="WH_B")
    assert head(app) == (
        "**“Transfer” at Warehouse B** has been red (over 10 %) since the week of 5 Jan (4 weeks): "
        "**+14.2 %** in the week of 26 Jan (to 31 Jan), 36 sub-orders, 5 stuck."
    )
    links = [link.proto.label.replace("\u00a0", " ") for link in app.get("page_link")]
    assert (
        "Transfer · Warehouse B: ▲ +14.2 % in the week of 26 Jan (to 31 Jan), 36 sub-orders"
        " · red since the week of 5 Jan (4 weeks)"
    ) in links


def test_a_week_with_too_few_yet_leaves_the_word_to_the_one_before(open_stages) -> None:
    # two days of the running week: 12 sub-orders; 25 January is day 24: 3 + 0
    app = open_stages(period="2026-01-26..2026-01-27", place="WH_B")
    assert head(app) == (
        "**“Transfer” at Warehouse B** has been red (over 10 %) since the week of 5 Jan (3 weeks): "
        "**+14.2 %** in the week of 19 Jan, 42 sub-orders, 3 stuck."
    )
    # of the group: the transfer of the week before, and the picking, 24 in these two days
    legend = words(app)
    assert "▲ 1 too slow" in legend and "✓ 1 on standard" in legend and "○ 0 with fewer" in legend


def test_nothing_is_red_in_february(open_stages) -> None:
    app = open_stages(period="2026-02", place="WH_B")
    assert head(app).startswith("No stage takes 5 % longer than its standard.")
    assert "✓ 2 on standard" in words(app)
    written = cells(app)
    transfer = {period: text for (stage, _, period), text in written.items() if stage == "transfer"}
    assert transfer == {
        "2026-01-05..2026-01-11": "▲ +14.2 %",
        "2026-01-12..2026-01-18": "▲ +14.2 %",
        "2026-01-19..2026-01-25": "▲ +14.2 %",
        # six days of January and one of February: (36 x 14.2 + 6 x 2.1) / 42
        "2026-01-26..2026-02-01": "▲ +12.5 %",
        "2026-02-02..2026-02-08": "✓ +2.1 %",
        "2026-02-09..2026-02-15": "✓ +2.1 %",
        "2026-02-16..2026-02-22": "✓ +2.1 %",
        "2026-02-23..2026-02-28": "✓ +2.1 %",
    }
    # the picking beside it was on standard in all weeks
    assert {stage for stage, _, _ in written} == {"transfer", "shows"}
    # on a phone the last three weeks, and in them nothing is slow
    assert cells(app, "narrow") == {}


def test_exactly_five_per_cent_is_yellow_and_too_few_a_count(open_stages) -> None:
    carriers = cells(open_stages(period="2026-01", group="carrier"))
    # the other carrier is on standard
    assert {place for _, place, period in carriers if period} == {"YTO"}
    assert carriers["picked_up_to_hub_arrived", "YTO", "2026-01-19..2026-01-25"] == "△ +5.0 %"
    transfers = cells(open_stages(period="2026-01", group="place"))
    assert transfers["transfer", "WH_B", "2025-12-29..2026-01-04"] == "○ 24"


def test_quiet_rows_are_counted_and_shown_when_asked_for(open_stages) -> None:
    app = open_stages(period="2026-02", group="place")
    # the transfer at WH_A and picking at three places; packing at FW_1, where 41 are stuck, is not quiet
    assert "Not shown: 4 on standard or with too few sub-orders in all these weeks; 0 sub-orders" in words(
        app
    )
    app.toggle[0].set_value(True).run()
    assert app.query_params["rows"] in ("all", ["all"])
    assert "Not shown" not in words(app)
    shown = cells(app)
    assert shown["picked_to_packed", "FW_1", "2026-02-23..2026-02-28"] == "○ 0<br>■ 41 stuck"
    assert ("shows", "stuck", "") in shown


def test_the_table_has_the_latest_week(open_stages) -> None:
    app = open_stages(period="2026-01", group="place")
    assert app.subheader[0].value == "Latest week in numbers, 26 Jan to 31 Jan"
    rows = app.dataframe[0].value.to_dict("records")
    transfer = rows[0]
    assert (
        transfer["stage"] == "Transfer"
        and transfer["name"] == "Warehouse B"
        and transfer["judged"] == "▲ too slow"
    )
    assert transfer["deviation"] == pytest.approx(14.2)
    # 36 x 2 h x 14.2 %
    assert transfer["hours"] == pytest.approx(10.224)
    assert (transfer["suborders"], transfer["open"], transfer["weeks"]) == (
        36,
        5,
        "the week of 5 Jan (4 weeks)",
    )
    few = next(row for row in rows if row["name"] == "Front warehouse Haishu")
    assert few["judged"] == "○ too few" and few["deviation"] != few["deviation"]


def test_a_week_that_is_not_over_is_marked(open_stages) -> None:
    assert "The week of 26 Jan counts up to 31 Jan." in words(open_stages(period="2026-01"))
    # 25 January is a Sunday
    assert "counts up to" not in words(open_stages(period="2026-01-25"))


def test_in_chinese(open_stages) -> None:
    said = head(open_stages(period="2026-01", place="WH_B", lang="zh"))
    assert said == (
        "**B仓的“调拨”**自1月5日当周（4 周）起**持续为红**（超出标准 10% 以上）："
        "1月26日当周（截至1月31日） **+14.2%**，36 个子单，5 个滞留。"
    )


def test_a_group_that_is_not_there_is_left_out(open_stages) -> None:
    assert open_stages(period="2026-01", group="moon").session_state["group"] == "office"


@pytest.mark.parametrize(
    "between",
    [
        ["update marts.agg_stage_daily set actual_microseconds = standard_microseconds"],
        ["delete from marts.agg_stage_daily"],
        ["delete from marts.agg_stage_daily", "delete from marts.agg_stage_open_daily"],
    ],
    ids=["on standard", "nothing ended", "nothing at all"],
)
def test_only_weeks_on_end_are_counted(open_stages, published: Path, between: list[str]) -> None:
    with duckdb.connect(str(published)) as connection:
        for change in between:
            connection.execute(
                f"{change} where stage = 'transfer' and day between '2026-01-12' and '2026-01-18'"
            )
    said = head(open_stages(period="2026-01", place="WH_B"))
    assert "since the week of 19 Jan (2 weeks): **+14.2 %** in the week of 26 Jan (to 31 Jan)" in said


def test_a_cell_that_is_not_red_says_how_much_is_stuck_in_it(open_stages, published: Path) -> None:
    # 41 at FW_1 where nothing ended; 30 is many, 29 is not
    app = open_stages(period="2026-02", group="place")
    assert head(app).endswith("Not red, but **41 stuck**: “Packing” at Front warehouse Haishu.")
    assert "■ 1 not red, but 30 or more stuck" in words(app)
    links = [link.proto.label for link in app.get("page_link")]
    assert "Packing · Front warehouse Haishu: 41 stuck at the end of 28 Feb" in links
    # of whoever runs the place; nothing else in the group is stuck but WH_B's transfers, 3 + 58 modulo 4
    by_place = {link.proto.label: parse_qs(link.proto.query_string) for link in app.get("page_link")}
    assert by_place["Front warehouse Haishu: 41 stuck"]["at"] == ["FW_1"]
    assert "stage" not in by_place["Front warehouse Haishu: 41 stuck"]
    assert by_place["Warehouse B: 5 stuck"]["show"] == ["stuck"]
    table = {row["stage"]: row["judged"] for row in app.dataframe[0].value.to_dict("records")}
    assert table["Packing"] == "○ too few · ■ many stuck"
    assert "未变红但**滞留 41 个**" in head(open_stages(period="2026-02", lang="zh"))
    for open_overdue, is_said in ((30, True), (29, False)):
        st.cache_resource.clear()
        with duckdb.connect(str(published)) as connection:
            connection.execute(
                "update marts.agg_stage_open_daily set open_overdue = ? where place = 'FW_1'", [open_overdue]
            )
        assert ("Not red, but" in head(open_stages(period="2026-02"))) == is_said
