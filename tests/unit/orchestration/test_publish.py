"""Publishing: what readers may and may not see."""

import multiprocessing
import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib import blocks, publish, runs, warehouse
from dagster_project.settings import Settings, load

QUARANTINE = "select 'erp' as source, '{\"phone\": \"***\"}' as row"
PROFILE: dict[str, str | bool] = {
    "timezone": "Asia/Shanghai",
    "promise_limit": "end_of_day",
    "sign_rule": "earliest",
    "standards_from": "reference",
    "has_receipts": True,
    "has_erp": True,
    "has_pick_lines": True,
}
ROWS = 20_000


def publish_once(settings: Settings, run_id: str, fail_at: str = "") -> Path:
    """A night without sources: marts that all carry the run's number, published."""

    def reached(point: str) -> None:
        if point == fail_at:
            raise KeyboardInterrupt(point)

    with warehouse.build_lock(settings), warehouse.connect(settings) as connection:
        run = runs.begin_run(
            connection,
            run_id=run_id,
            as_of=datetime(2026, 3, 1, tzinfo=UTC),
            fingerprint="same",
            profile=PROFILE,
            rebuild=False,
            published=publish.published_run(settings),
        )
        number = run.run_number
        with warehouse.draft(connection, settings):
            connection.execute("create schema if not exists draft.marts")
            connection.execute(
                "create or replace table draft.marts.fct_orders as"
                " select ? as run_number, range as id from range(?)",
                [number, ROWS],
            )
            connection.execute(
                "create or replace table draft.marts.kpi as select 'true_on_time_rate' as metric, 'day' as period,"
                " date '2026-02-01' + cast(range as integer) as period_start, ? as numerator, 100 as denominator,"
                " ? / 100.0 as value, ? as run_number from range(40)",
                [number, number, number],
            )
            connection.execute(
                "comment on table draft.marts.fct_orders is 'One row an order; the customer''s view.'"
            )
            connection.execute("comment on column draft.marts.fct_orders.id is 'The order.'")
        return publish.publish(connection, settings, run, QUARANTINE, reached)


def read(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_published_file_holds_marts_comments_and_masked_quarantine(home: Settings) -> None:
    publish_once(home, "a")
    tables = read(home, "select schema_name || '.' || table_name from duckdb_tables() order by 1")
    assert [name for (name,) in tables] == [
        *("marts.fct_orders", "marts.kpi", "meta.published_rates", "meta.quality", "meta.quarantine"),
        *("meta.run", "meta.runs"),
    ]
    comments = read(home, "select comment from duckdb_tables() where table_name = 'fct_orders'")
    assert comments == [("One row an order; the customer's view.",)]
    assert read(home, "select comment from duckdb_columns() where column_name = 'id'") == [("The order.",)]
    assert read(home, "select row from meta.quarantine") == [('{"phone": "***"}',)]
    assert read(home, "select status from meta.runs") == [("published",)]


def test_link_is_relative_and_three_versions_are_kept(home: Settings) -> None:
    for name in "abcde":
        publish_once(home, name)
    assert versions(home) == [3, 4, 5]
    assert home.published_file.readlink() == Path("versions/warehouse_5.duckdb")


def test_as_many_versions_stay_as_is_said(home: Settings) -> None:
    for number in range(1, 7):
        publish_once(replace(home, kept_versions=5 if number < 6 else 2), f"run {number}")
        if number == 5:
            assert versions(home) == [1, 2, 3, 4, 5]
    assert versions(home) == [5, 6]


def test_versions_of_the_last_days_stay_beside_those_by_number(home: Settings) -> None:
    """Published 0, 6, 8 and 9 days ago; kept are seven days and two versions, whichever is more."""
    home = replace(home, kept_versions=9)
    for number, days in enumerate((9, 8, 6), 1):
        path = publish_once(home, f"run {number}")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    home = replace(home, kept_versions=2, kept_days=7)
    publish_once(home, "run 4")
    assert versions(home) == [3, 4]
    publish_once(home, "run 5")
    assert versions(home) == [3, 4, 5]  # the third by its age only
    assert read(home, "select distinct run_number from marts.fct_orders") == [(5,)]


def test_how_many_stay_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load().kept_versions, load().kept_days) == (3, 0)
    monkeypatch.setenv("TRUE_ON_TIME_KEEP_VERSIONS", "10")
    monkeypatch.setenv("TRUE_ON_TIME_KEEP_DAYS", "30")
    assert (load().kept_versions, load().kept_days) == (10, 30)
    for wrong in ("0", "-1", "many", "2.5"):
        monkeypatch.setenv("TRUE_ON_TIME_KEEP_VERSIONS", wrong)
        with pytest.raises(ValueError, match=r"KEEP_VERSIONS=.*at least 1"):
            load()


def versions(settings: Settings) -> list[int]:
    """The numbers of the versions that lie there."""
    names = (settings.published_file.parent / "versions").iterdir()
    return sorted(int(path.name.removeprefix("warehouse_").removesuffix(".duckdb")) for path in names)


@pytest.mark.parametrize("point", ["completed", "copied", "verified"])
def test_publishing_cut_short_leaves_the_old_file_and_the_next_is_right(home: Settings, point: str) -> None:
    publish_once(home, "a")
    with pytest.raises(KeyboardInterrupt):
        publish_once(home, "b", fail_at=point)
    assert read(home, "select distinct run_number from marts.fct_orders") == [(1,)]
    publish_once(home, "c")
    assert read(home, "select distinct run_number from marts.fct_orders") == [(3,)]
    assert not list((home.published_file.parent / "versions").glob("*.tmp*"))


def test_linked_version_is_never_recycled(home: Settings) -> None:
    """Nights cut short between the verified version and the link make it the oldest of more than are kept."""
    publish_once(home, "a")
    for name in "bcdef":
        with pytest.raises(KeyboardInterrupt):
            publish_once(home, name, fail_at="verified")
        assert home.published_file.readlink() == Path("versions/warehouse_1.duckdb")
        assert read(home, "select distinct run_number from marts.fct_orders") == [(1,)]
    publish_once(home, "g")
    assert read(home, "select distinct run_number from marts.fct_orders") == [(7,)]
    assert versions(home) == [5, 6, 7]


def test_linked_version_stays_though_dead_nights_left_larger_numbers(home: Settings) -> None:
    """Without the build file numbers go on after the published run's, below those that nobody was shown."""
    publish_once(home, "a")
    for name in "bcdef":
        with pytest.raises(KeyboardInterrupt):
            publish_once(home, name, fail_at="verified")
    home.build_file.unlink()
    publish_once(home, "g")
    assert home.published_file.readlink() == Path("versions/warehouse_2.duckdb")
    assert read(home, "select distinct run_id from meta.run") == [("g",)]
    publish_once(home, "h")
    assert read(home, "select distinct run_id from meta.run") == [("h",)]


def test_leftover_of_a_killed_publish_is_replaced(home: Settings) -> None:
    """Also one of the same name, with a block half written under its new checksum."""
    publish_once(home, "a")
    publish_once(home, "b")
    folder = home.published_file.parent / "versions"
    whole = bytearray((folder / "warehouse_2.duckdb").read_bytes())
    torn = whole[: blocks.HEADERS]
    for at in range(blocks.HEADERS, len(whole), blocks.BLOCK):
        torn += whole[at : at + blocks.CHECKSUM] + bytes(blocks.BLOCK - blocks.CHECKSUM)
    for name in ("warehouse_3.duckdb.tmp", "warehouse_9.duckdb.tmp", "warehouse_9.duckdb.tmp.wal"):
        (folder / name).write_bytes(torn)
    publish_once(home, "c")
    assert (folder / "warehouse_3.duckdb").read_bytes() == home.draft_file.read_bytes()
    assert read(home, "select count(*), min(run_number), max(run_number) from marts.fct_orders") == [
        (ROWS, 3, 3)
    ]
    assert versions(home) == [1, 2, 3]


def test_version_is_the_draft_to_the_byte_and_most_of_it_was_there(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[blocks.Copied] = []
    copy = blocks.copy
    monkeypatch.setattr(blocks, "copy", lambda draft, target: copied.append(copy(draft, target)))
    publish_once(home, "a")
    with warehouse.connect(home) as connection, warehouse.draft(connection, home):
        # 4 MB that no later night writes again; the rest of the file is
        connection.execute(
            "create table draft.marts.fct_events as select hash(range) as id from range(500_000)"
        )
    for name in "bcdefg":
        publish_once(home, name)
        assert home.published_file.read_bytes() == home.draft_file.read_bytes()
    whole, patched = copied[:3], copied[4:]  # of the first version, without the events, little is of use
    assert [each.written == each.blocks for each in whole] == [True] * 3, "there is no old version to take"
    assert len(patched) == 3
    assert all(each.written < each.blocks / 2 for each in patched)


def test_reader_of_the_oldest_version_keeps_it(home: Settings) -> None:
    """It is recycled three nights later, though not under a reader."""
    publish_once(home, "a")
    with duckdb.connect(str(home.published_file.resolve()), read_only=True) as reader:
        for name in "bcdef":
            publish_once(home, name)
            seen = "select count(*), min(run_number), max(run_number) from marts.fct_orders"
            assert reader.execute(seen).fetchall() == [(ROWS, 1, 1)]
    assert versions(home) == [4, 5, 6]


def test_night_cut_short_after_the_swap_is_known_as_published(home: Settings) -> None:
    with pytest.raises(KeyboardInterrupt):
        publish_once(home, "a", fail_at="swapped")
    publish_once(home, "b")
    assert read(home, "select run_number, status from meta.runs order by 1") == [
        (1, "published"),
        (2, "published"),
    ]


def test_first_publication_of_a_day_stands(home: Settings) -> None:
    """February has ended by as_of, March has not; a later night's other figure replaces none."""
    publish_once(home, "a")
    publish_once(home, "b")
    rates = "select count(*), min(numerator), max(numerator), min(day), max(day) from meta.published_rates"
    first, last = datetime(2026, 2, 1).date(), datetime(2026, 2, 28).date()
    assert read(home, rates) == [(28, 1, 1, first, last)]


def test_published_rates_survive_the_loss_of_the_build_file(home: Settings) -> None:
    publish_once(home, "a")
    home.build_file.unlink()
    publish_once(home, "b")
    assert read(home, "select distinct numerator from meta.published_rates") == [(1,)]
    assert read(home, "select run_number from meta.run") == [(2,)]


def test_copy_that_differs_is_not_published(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_once(home, "a")
    copy = publish._copy

    def lossy(draft: Path, target: Path) -> None:
        copy(draft, target)
        with duckdb.connect(str(target)) as connection:
            connection.execute("delete from marts.fct_orders where id = 7")

    monkeypatch.setattr(publish, "_copy", lossy)
    with pytest.raises(publish.PublishError, match="blocks differ"):
        publish_once(home, "b")
    assert read(home, "select count(*), min(run_number) from marts.fct_orders") == [(ROWS, 1)]


def _read_in_a_loop(published: str, stop, results) -> None:
    """In a process of its own: what each look at the published file saw, or the error."""
    seen: list[tuple[int, ...]] = []
    errors: list[str] = []
    while not stop.is_set():
        try:
            with duckdb.connect(published, read_only=True) as connection:
                seen.append(connection.execute("select run_number from meta.run").fetchall()[0])
                row = connection.execute(
                    "select min(run_number), max(run_number), count(*) from marts.fct_orders"
                ).fetchone()
                kpi = connection.execute("select min(run_number), max(run_number) from marts.kpi").fetchone()
                if row is None or kpi is None or {*row[:2], *kpi} != set(seen[-1]) or row[2] != ROWS:
                    errors.append(f"mixed: {seen[-1]} {row} {kpi}")
        except duckdb.Error as error:
            errors.append(str(error))
        time.sleep(0.005)
    results.put((sorted({number for (number,) in seen}), errors))


def test_readers_in_a_loop_see_no_error_and_no_mixture_during_ten_publishes(home: Settings) -> None:
    publish_once(home, "first")
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    published = str(home.published_file)
    readers = [context.Process(target=_read_in_a_loop, args=(published, stop, results)) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(10):
        publish_once(home, f"night {number}")
        time.sleep(0.1)
    stop.set()
    outcomes = [results.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(60)
    for seen, errors in outcomes:
        assert errors == []
        assert len(seen) > 3, "the readers must have looked while publishing went on"
