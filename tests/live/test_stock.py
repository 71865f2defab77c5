"""Stock and tracks from real servers: the figures, and what becomes of them when a source does not play along."""

import asyncio
import json
import os
import random
import signal
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from dagster_project import sources
from dagster_project.connectors.together import FORKS
from dagster_project.live import loop as loop_module
from dagster_project.live import round as round_module
from dagster_project.live.loop import Loop, LoopRefusedError
from dagster_project.settings import PROFILES, Settings
from tests.live.conftest import AT, LATER, counted, figures, go, rows
from tests.servers.running import Running

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def without_locked_of_b(
    told: dict[tuple[str, str], tuple[Any, ...]],
) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Warehouse B says what is available and not what is locked."""
    return {
        (sku, place): (on_hand, None if place == "B" else locked, available, coming)
        for (sku, place), (on_hand, locked, available, coming) in told.items()
    }


def seen(settings: Settings) -> dict[str, Any]:
    """By connection, when its figures were seen; one with goods on their way from elsewhere may be older."""
    return dict(rows(settings, "SELECT connection, max(seen_at) FROM live.stock GROUP BY ALL"))


def errors(settings: Settings) -> dict[str, str]:
    return dict(rows(settings, "SELECT connection, error FROM live.sources WHERE error <> ''"))


def test_figures_are_those_of_another_count_and_a_change_shows_after_one_round(
    quiet: Running, home: Settings
) -> None:
    made = go(home)
    assert made is not None and made.answered == made.connections == 19
    expected = counted(quiet, AT)
    assert len(expected) > 2000
    assert sum(told[1] > 0 for told in expected.values()) > 30, "orders wait at many places"
    assert sum(told[3] > 0 for told in expected.values()) > 5, "and goods are on their way"
    assert any(told[2] < 0 for told in expected.values()), "and something is oversold"
    assert figures(home) == without_locked_of_b(expected)
    quiet.systems.show(LATER)
    go(home)
    changed = counted(quiet, LATER)
    assert changed != expected
    assert figures(home) == without_locked_of_b(changed)


def test_a_figure_says_whose_it_is_and_when_it_changed(quiet: Running, home: Settings) -> None:
    go(home)
    assert rows(home, "SELECT DISTINCT place, connection FROM live.stock ORDER BY ALL") == [
        ("A", "wms_a"), ("B", "wms_b"), ("C", "wms_c"), *((f"F{n}", f"front_{n}") for n in range(1, 8)),
    ]  # fmt: skip
    cursor = quiet.systems.duck.cursor()
    for place in ("A", "B", "C", "F3"):  # each tells the time in its own way
        told = dict(
            cursor.execute(f"SELECT sku, changed_at FROM ({quiet.systems.figures(place)})").fetchall()
        )
        query = f"SELECT sku, changed_at FROM live.stock WHERE place = '{place}' AND in_transfer = 0"
        assert all(changed_at == told[sku].replace(microsecond=0) for sku, changed_at in rows(home, query))
    assert rows(home, "SELECT count(*) FROM live.stock WHERE place_zh IS NULL OR product IS NULL") == [(0,)]


def test_the_newest_scan_of_a_waybill_is_shown(quiet: Running, home: Settings) -> None:
    go(home)
    with duckdb.connect(str(quiet.by_files.build_file), read_only=True) as files:
        carriers = "('STO', 'ZTO', 'YTO', 'YUNDA', 'DEPPON', 'SF', 'EMS', 'JT', 'KYE')"
        # of scans at the same second the one recorded last; asked for are those recorded in the last day
        expected = files.execute(
            f"""
            SELECT carrier, waybill, max(occurred_at) FROM canonical.events
            WHERE carrier IN {carriers} AND waybill IS NOT NULL AND recorded_at >= $1 AND recorded_at <= $2
                AND occurred_at > $3 AND source <> 'byhand'
            GROUP BY ALL ORDER BY ALL
            """,
            [AT - timedelta(days=1), AT, AT - timedelta(days=3)],
        ).fetchall()
    assert len(expected) > 100
    assert rows(home, "SELECT carrier, waybill, occurred_at FROM live.tracks ORDER BY ALL") == expected


@pytest.mark.parametrize("what", ["hangs", "is dead", "answers rubbish", "answers other columns", "is empty"])
def test_a_source_that_fails_ages_alone_and_catches_up(
    quiet: Running, home: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "DEADLINE", timedelta(seconds=8))

    def trouble(source: str, name: str) -> Any:
        if source != "wms_b":
            return None
        answers: dict[str, Any] = {
            "hangs": lambda: asyncio.sleep(60),
            "is dead": lambda: Response(status_code=503),
            "answers rubbish": lambda: HTMLResponse("<html>maintenance</html>"),
            "answers other columns": lambda: JSONResponse(
                {"data": [{"sku": "1", "n": 2}], "meta": {"next": None}}
            ),
            "is empty": lambda: JSONResponse({"data": [], "meta": {"next": None}}),
        }
        return answers[what]()

    go(home)
    before, then = figures(home), seen(home)
    quiet.systems.show(LATER)
    quiet.systems.trouble = trouble
    made = go(home)
    assert made is not None and made.answered == 18
    assert list(errors(home)) == ["wms_b"]
    now, after = figures(home), counted(quiet, LATER)
    own = {key for key in now if key[1] == "B" and now[key][0] is not None}
    assert own and {key: now[key][:3] for key in own} == {key: before[key][:3] for key in own}
    others = {key for key in now if key[1] != "B"}
    expected = without_locked_of_b(after)
    assert {key: now[key][:3] for key in others} == {key: expected[key][:3] for key in others}
    ages = seen(home)
    assert ages["wms_b"] == then["wms_b"]
    assert all(ages[name] > then[name] for name in ("front_1", "wms_a"))
    quiet.systems.trouble = lambda source, name: None
    go(home)
    assert figures(home) == expected
    assert errors(home) == {}


def test_a_database_that_is_down_ages_alone(
    quiet: Running, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(home)
    before = rows(home, "SELECT max(seen_at) FROM live.stock WHERE connection = 'front_3'")
    gone = "host=127.0.0.1 port=1 database=front_3 user=reader password=nobodys"
    monkeypatch.setenv("DEMO_FRONT_3", gone)
    made = go(home)
    assert made is not None and made.answered == 18
    assert list(errors(home)) == ["front_3"]
    assert "nobodys" not in errors(home)["front_3"]
    assert rows(home, "SELECT max(seen_at) FROM live.stock WHERE connection = 'front_3'") == before


def test_a_refused_row_says_why_and_its_figure_ages(quiet: Running, home: Settings) -> None:
    go(home)
    ((sku, then),) = rows(home, "SELECT sku, seen_at FROM live.stock WHERE place = 'B' ORDER BY sku LIMIT 1")

    def trouble(source: str, name: str) -> Response | None:
        if (source, name) != ("wms_b", "stock"):
            return None
        with quiet.systems.duck.cursor() as cursor:
            told = cursor.execute(
                f"SELECT sku, on_hand, locked FROM ({quiet.systems.figures('B')})"
            ).fetchall()
        data = [
            {"item": item, "title": None, "onHand": "many" if item == sku else on_hand, "available": on_hand - locked,
             "changedAt": "2026-01-30T00:00:00+08:00"}
            for item, on_hand, locked in told
        ]  # fmt: skip
        return JSONResponse({"data": data, "meta": {"next": None}})

    quiet.systems.trouble = trouble
    go(home)
    ((connection, table, reason, reason_zh, row),) = rows(
        home, 'SELECT connection, table_name, reason, reason_zh, "row" FROM live.refused'
    )
    assert (connection, table, json.loads(row)["item"]) == ("wms_b", "stock", sku)
    assert "onHand" in reason and "many" in reason and "onHand" in reason_zh
    ages = dict(rows(home, "SELECT sku = $sku, max(seen_at) FROM live.stock WHERE place = 'B' GROUP BY ALL".replace(
        "$sku", f"'{sku}'")))  # fmt: skip
    assert ages[True] == then < ages[False]
    quiet.systems.trouble = lambda source, name: None
    go(home)
    assert rows(home, "FROM live.refused") == []


def test_a_loop_that_is_killed_anywhere_leaves_a_whole_file_and_a_right_next_start(
    quiet: Running, home: Settings
) -> None:
    for twentieth in range(2, 44, 3):
        quiet.systems.show(AT + timedelta(minutes=10 * twentieth))
        process = FORKS.Process(target=go, args=(home,))
        process.start()
        time.sleep(twentieth / 20)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        if (home.published_file.parent / "current.duckdb").exists():
            assert rows(home, "SELECT count(*) FROM live.run") == [(1,)]
    last = AT + timedelta(hours=8)
    quiet.systems.show(last)
    go(home)
    assert figures(home) == without_locked_of_b(counted(quiet, last))


def test_a_second_loop_is_refused(home: Settings) -> None:
    first = Loop(home, lambda line: None)
    with first._alone(), pytest.raises(LoopRefusedError, match="another small refresh"):
        go(home)


def test_what_no_figure_needs_is_removed(
    quiet: Running, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_module, "PRUNED_EVERY", 1)
    for hours in range(0, 120, 24):
        quiet.systems.show(AT - timedelta(days=5) + timedelta(hours=hours))
        go(replace(home, as_of=AT - timedelta(days=5) + timedelta(hours=hours)))
    drops = [path for path in (home.home / "live" / "source").glob("*/*/*/*") if path.suffix != ".json"]
    profile = sources.load_profile(PROFILES / "demo_live").live
    assert profile is not None
    assert len(drops) <= sum(len(connection.pulls) for connection in profile.connections)
    with duckdb.connect(str(home.home / "live" / "build.duckdb"), read_only=True) as build:
        ((books,),) = build.execute("SELECT count(*) FROM meta.files").fetchall()
        assert books <= len(drops)
        ((oldest, scans),) = build.execute(
            "SELECT min(recorded_at), count(*) FROM canonical.events"
        ).fetchall()
        assert scans > 100
        assert oldest >= AT - timedelta(days=4), "three days before the last round"
        ((unbalanced,),) = build.execute(
            "SELECT count(*) FROM meta.loads WHERE rows_read <> rows_accepted + rows_quarantined + rows_duplicate"
        ).fetchall()
        assert unbalanced == 0


def test_rounds_are_the_same_in_whatever_order_sources_answer(quiet: Running) -> None:
    found = []
    for seed in (1, 2):
        chance = random.Random(seed)
        quiet.systems.trouble = lambda source, name, chance=chance: asyncio.sleep(chance.random())
        settings = quiet.loop_home(f"order_{seed}", at=AT)
        go(settings)
        found.append(
            [
                rows(settings, f"SELECT * EXCLUDE (seen_at) FROM live.{table} ORDER BY ALL")
                for table in ("stock", "tracks")
            ]
        )
    assert found[0] == found[1]


def test_it_goes_on_by_itself_while_one_source_hangs(quiet: Running, home: Settings) -> None:
    quiet.systems.trouble = lambda source, name: asyncio.sleep(60) if source == "wms_c" else None
    lines: list[str] = []
    loop = Loop(home, lines.append)
    began = time.monotonic()

    def say(line: str) -> None:
        lines.append(line)
        if line.startswith("round") and time.monotonic() > began + 24:
            loop.stop()

    loop.say = say
    loop.run()
    assert len([line for line in lines if line.startswith("round")]) >= 3, "nobody waits for it"
    assert any("wms_c: it has not answered for" in line for line in lines)
    places = {
        place for (place,) in rows(home, "SELECT DISTINCT place FROM live.stock WHERE on_hand IS NOT NULL")
    }
    assert places == {"A", "B", *(f"F{n}" for n in range(1, 8))}
    ((oldest,),) = rows(home, "SELECT date_diff('second', min(seen_at), now()) FROM live.stock")
    assert oldest <= 18
