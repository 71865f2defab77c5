"""Stock of right now: what is short where another place has it, the age of each figure, and a file that comes and goes.

The expected figures are counted by hand from the thirteen rows of live.sql.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards.published import NothingPublishedError, OutdatedError, ask_live
from dashboards.ui import formats, navigation
from tests.unit.dashboards.conftest import OpenPage
from tests.unit.dashboards.reading import words

SCRIPT = Path(__file__).with_name("live.sql").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 2, 6, 32, tzinfo=UTC)
ASKED = {
    "now_us": int(NOW.timestamp() * 1_000_000),
    "old_after_seconds": 18,
    "timezone": "Asia/Shanghai",
    "lang": "en",
    "places": [],
}
Write = Callable[..., Path]


@pytest.fixture
def live(published: Path) -> Write:
    """Write the live file as the loop does, by rename; then change it by the statements given."""

    def write(*changes: str, age: float = 5.0, now: datetime | None = None) -> Path:
        file = published.with_name("current.duckdb")
        half = file.with_name("half.duckdb")
        half.unlink(missing_ok=True)
        with duckdb.connect(str(half)) as connection:
            connection.execute("set variable now = ?::timestamptz", [now or NOW])
            connection.execute("set variable age = ?::bigint", [round(1000 * age)])
            for statement in (SCRIPT, *changes):
                connection.execute(statement)
        half.replace(file)
        return file

    return write


@pytest.fixture
def open_stock(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """The test harness opens the first page only, so it is made the first; its clock stands at NOW."""
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["stock"]})
    monkeypatch.setattr(navigation, "LIVE", {})
    monkeypatch.setattr("time.time_ns", lambda: ASKED["now_us"] * 1000)
    return open_page


def offered(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def test_it_is_in_the_menu_only_while_there_is_a_live_file(open_page: OpenPage, live: Write) -> None:
    assert "Stock" not in offered(open_page(lang="en"))
    file = live()
    assert "Stock" in offered(open_page(lang="en"))
    assert "库存" in offered(open_page(lang="zh"))
    file.unlink()
    assert "Stock" not in offered(open_page(lang="en"))


def test_the_sentence_says_what_is_oversold_how_old_and_who_answers(
    open_stock: OpenPage, live: Write
) -> None:
    live()
    assert open_stock(lang="en").header[0].value == (
        "**4** products are oversold somewhere; **3** of them lie free in another warehouse; "
        "**1** more has nothing left at a place while another has some free. "
        "Oldest figure: **5 s**. All 5 sources answer."
    )
    assert open_stock(lang="zh").header[0].value == (
        "**4** 个商品有仓库超卖；其中 **3** 个在其他仓有可用库存；另有 **1** 个商品在某仓已无可用，而其他仓有货。"
        "最旧的数字为 **5 秒**前。5 个来源全部应答。"
    )


def test_what_a_source_does_not_tell_is_a_dash_and_no_nought(open_stock: OpenPage, live: Write) -> None:
    # B tells neither what is locked nor what is on its way; Haishu knows of K-6 by a transfer alone
    live(
        "update live.stock set locked = null, in_transfer = null where place = 'WH_B'",
        "insert into live.stock by name (select * replace ('FW_1' as place, null as on_hand, null as locked,"
        " null as available, 3 as in_transfer) from live.stock where sku = 'K-6' and place = 'WH_A')",
    )
    app = open_stock(lang="en")
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    drawn = [text for trace in chart for text in (*trace.get("hovertext", ()), *trace.get("text", ()))]
    assert any(
        "available −5 = on hand 0, of which locked –<br>in transfer to here: –" in text for text in drawn
    )
    assert any(
        "available – = on hand –, of which locked –<br>in transfer to here: 3" in text for text in drawn
    )
    assert "○ –" in drawn
    short = next(frame.value for frame in app.dataframe if "free_at" in frame.value.columns)
    # nobody told of any on its way, so all 5 are lacking
    assert short.set_index(["sku", "place_name"]).loc[("K-1", "Warehouse B"), "short"] == 5
    assert next(iter(short["sku"])) == "K-1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "delete from live.stock where sku not in ('K-1', 'K-6')",
            "**1** product is oversold somewhere; it lies free in another warehouse.",
        ),
        (
            "delete from live.stock where sku <> 'K-3'",
            "**1** product is oversold somewhere; none of it lies free in another warehouse.",
        ),
        (
            "delete from live.stock where sku not in ('K-1', 'K-2')",
            "**2** products are oversold somewhere; all of them lie free in another warehouse.",
        ),
        ("delete from live.stock where sku <> 'K-4'", "No product is oversold; **1** has nothing left at"),
        ("delete from live.stock where sku <> 'K-6'", "No product is oversold, and none has run out"),
        ("delete from live.stock", "No stock is known of the places chosen. All 5 sources answer."),
    ],
)
def test_the_sentence_agrees_with_its_numbers(
    open_stock: OpenPage, live: Write, change: str, said: str
) -> None:
    live(change)
    assert open_stock(lang="en").header[0].value.startswith(said)


def test_what_is_not_on_its_way_comes_first(open_stock: OpenPage, live: Write) -> None:
    live()
    table = open_stock(lang="en").dataframe[0].value
    assert list(
        zip(table["sku"], table["place_name"], table["short"], table["in_transfer"], strict=True)
    ) == [
        ("K-5", "Front warehouse Haishu", 4, 0),
        ("K-1", "Warehouse B", 5, 2),
        ("K-2", "Warehouse A", 4, 6),
        ("K-4", "Front warehouse Haishu", 0, 0),
    ]
    assert list(table["free"]) == [8, 15, 1, 1200]
    assert list(table["free_at"]) == [
        "Warehouse B: 8",
        "Warehouse A: 12 · Front warehouse Haishu: 3",
        "Warehouse B: 1",
        "Warehouse A: 1,200",
    ]
    assert [list(states) for states in table["states"]] == [["▲ oversold"]] * 3 + [["△ none left"]]


def test_the_view_shows_all_places_of_what_is_looked_for(open_stock: OpenPage, live: Write) -> None:
    live()
    table = open_stock(lang="en").dataframe[1].value
    # by pieces oversold: K-3 9, K-1 5, then K-2 and K-5 4 each, then K-4 with none left
    assert list(dict.fromkeys(table["sku"])) == ["K-3", "K-1", "K-2", "K-5", "K-4", "K-6"]
    assert len(table) == 13 and table["available"].sum() == 1211
    assert set(open_stock(lang="en", sku="lamp").dataframe[1].value["sku"]) == {"K-2", "K-5"}
    assert set(open_stock(lang="en", sku="k-4").dataframe[1].value["sku"]) == {"K-4"}
    assert "No product is called so" in words(open_stock(lang="en", sku="%"))


def test_a_place_that_is_chosen_is_asked_about_and_the_others_are_where_it_is_free(
    open_stock: OpenPage, live: Write
) -> None:
    live()
    app = open_stock(lang="en", place=["WH_B"])
    assert app.header[0].value.startswith("**1** product is oversold somewhere; it lies free")
    assert list(app.dataframe[0].value["free_at"]) == ["Warehouse A: 12 · Front warehouse Haishu: 3"]
    assert set(app.dataframe[1].value["place_name"]) == {"Warehouse B"}


@pytest.mark.parametrize(("age", "said", "old"), [(17.9, "18 s", 0), (18.0, "18 s", 0), (18.1, "19 s", 5)])
def test_a_figure_is_old_once_it_is_older_than_18_seconds(
    open_stock: OpenPage, live: Write, age: float, said: str, old: int
) -> None:
    live(age=age)
    whole = ask_live(live(age=age), "stock_now", **ASKED)[0]
    assert (whole["oldest_seconds"], whole["old_figures"]) == (age, old)
    app = open_stock(lang="en")
    table = app.dataframe[1].value
    of_a = table[table["place_name"] == "Warehouse A"]
    assert set(of_a["age"]) == {said} and len(of_a) == 5
    assert sum("◷ old" in states for states in table["states"]) == old
    assert f"Oldest figure: **{said}**" in app.header[0].value
    assert ("5 of 13 are older than 18 s" in app.header[0].value) == bool(old)
    assert ("◷ late" in set(app.dataframe[2].value["state"])) == bool(old)


def test_the_limit_is_the_warehouse_s_parameter(open_stock: OpenPage, published: Path, live: Write) -> None:
    with duckdb.connect(str(published)) as connection:
        connection.execute("update meta.parameters set value = 4 where name = 'old_after_seconds'")
    live()
    assert "13 of 13 are older than 4 s" in open_stock(lang="en").header[0].value


def test_a_source_that_does_not_answer_says_since_when(open_stock: OpenPage, live: Write) -> None:
    live(
        "update live.sources set error = 'timed out', answered_at = getvariable('now') - interval 12 minutes"
        " where connection = 'wms_b'",
        "update live.sources set error = 'refused', answered_at = null where connection = 'sf'",
    )
    app = open_stock(lang="en")
    said = "**2** of 5 sources do not answer: **sf** (never yet), **wms_b** (since 14:20, 12 min ago)."
    assert said in app.header[0].value
    assert "**wms_b**（自 14:20 起，已 12 分钟）" in open_stock(lang="zh").header[0].value
    table = app.dataframe[2].value
    assert list(table["connection"][:2]) == ["sf", "wms_b"] and len(table) == 5
    assert table["state"][1] == "▲ does not answer (since 14:20, 12 min ago)"
    assert list(table["error"][:2]) == ["refused", "timed out"]


def test_a_loop_that_stands_still_is_said(open_stock: OpenPage, live: Write) -> None:
    live()
    assert not open_stock(lang="en").warning
    live("update live.run set published_at = getvariable('now') - interval 40 seconds")
    said = open_stock(lang="en").warning[0].value
    assert said.startswith("No new round since 14:31:20 (40 s ago)")


def test_a_replaced_file_is_picked_up(open_stock: OpenPage, live: Write) -> None:
    live()
    app = open_stock(lang="en")
    live("update live.stock set available = 1 where available < 0")
    app.run()
    assert app.header[0].value.startswith("No product is oversold; **2** have nothing left")


def test_a_hundred_replaced_files_leave_two_open(live: Write) -> None:
    for _ in range(12):
        file = live()
        ask_live(file, "stock_now", **ASKED)
    assert sum("current.duckdb" in str(fd.readlink()) or "half.duckdb" in str(fd.readlink())
               for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()) <= 2  # fmt: skip


def test_a_file_that_is_gone_is_a_state_and_no_fault(open_stock: OpenPage, live: Write) -> None:
    file = live()
    app = open_stock(lang="en")
    file.unlink()
    app.run()
    assert not app.exception and "There are no live figures" in app.info[0].value
    assert not app.text_input, "nothing empty is shown"
    with pytest.raises(NothingPublishedError):
        ask_live(file, "stock_now", **ASKED)
    live()
    app.run()
    assert app.header and not app.info


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5])
def test_a_file_that_is_half_there_is_a_state_and_no_fault(
    open_stock: OpenPage, live: Write, share: float
) -> None:
    whole = live().read_bytes()
    live().write_bytes(whole[: int(share * len(whole))])
    for language, said in (("en", "cannot be read"), ("zh", "无法读取")):
        app = open_stock(lang=language)
        assert not app.exception and said in app.info[0].value
    live()
    assert not open_stock(lang="en").info


@pytest.mark.parametrize("change", ["drop table live.run", "alter table live.stock drop column in_transfer"])
def test_a_file_of_another_version_is_a_state_and_no_fault(
    open_stock: OpenPage, live: Write, change: str
) -> None:
    file = live(change)
    app = open_stock(lang="en")
    assert not app.exception and "of another version" in app.info[0].value
    with pytest.raises(OutdatedError):
        ask_live(file, "stock_short" if "stock" in change else "stock_now", most=5, **ASKED)


def test_a_night_that_does_not_know_the_limit_yet_says_so(
    open_stock: OpenPage, published: Path, live: Write
) -> None:
    live()
    with duckdb.connect(str(published)) as connection:
        connection.execute("delete from meta.parameters where name = 'old_after_seconds'")
    assert "made by an earlier version" in open_stock(lang="en").info[0].value


def test_the_live_file_drives_out_nothing_of_the_night(published: Path, live: Write) -> None:
    """Each has its own connections: the night's stays open however often the live one is replaced."""
    from dashboards.published import _connection, ask, version

    ask(published, "run")
    kept = _connection(str(published), version(published))
    for _ in range(3):
        ask_live(live(), "stock_now", **ASKED)
    assert _connection(str(published), version(published)) is kept


@pytest.fixture
def open_order(open_stock: OpenPage, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    monkeypatch.setattr(navigation, "PAGES", {"operations": ["orders"]})
    return open_stock


def test_an_order_says_what_came_since_the_night(open_order: OpenPage, live: Write) -> None:
    assert "Since the night" not in words(open_order(lang="en", find="O00010"))
    live()
    said = words(open_order(lang="en", find="O00010"))
    assert "Since the night, YTO00000010: **Delivered**, 14:29 · seen 12 s ago" in said
    assert said.count("Since the night") == 1, "the same number with another carrier is another parcel's"
    assert "夜间作业之后，YTO00000010：" in words(open_order(lang="zh", find="O00010"))


def test_what_the_night_knows_already_is_not_said_again(open_order: OpenPage, live: Write) -> None:
    live("update live.tracks set occurred_at = timestamptz '2026-01-01 12:00:00+00'")
    assert "Since the night" not in words(open_order(lang="en", find="O00010"))


def test_an_order_s_page_stands_without_a_live_file_that_can_be_read(
    open_order: OpenPage, live: Write
) -> None:
    live("drop table live.tracks")
    app = open_order(lang="en", find="O00010")
    assert not app.exception and app.header[0].value.startswith("Order O00010 came")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (118.5, "119 s"),
        (119.1, "2 min"),
        (120, "2 min"),
        (3600, "1 h 0 min"),
        (-1, "0 s"),
    ],
)
def test_an_age_in_words(monkeypatch: pytest.MonkeyPatch, seconds: float, said: str) -> None:
    monkeypatch.setattr(st, "query_params", {"lang": "en"})
    assert formats.ago(seconds) == said
