"""Many sources at once: one that hangs or dies delays no other; nor does a kill lose or double a row."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from starlette.responses import Response

from dagster_project import sources
from dagster_project.connectors import together
from dagster_project.connectors.fetch import fetch, read_state
from dagster_project.connectors.together import FORKS, fetch_all
from dagster_project.lib import backup
from tests.connectors.conftest import Landed, Made, ids
from tests.homes import settings_for
from tests.servers.databases import Server, SqliteFile
from tests.servers.service import Service, service

CONTRACT = """
source: wms
tables:
  scans:
    files: wms/scans/*.jsonl
    format: jsonl
    volume: varies
    key: [id]
    recorded_at: storedAt
    columns:
      id:       {type: text, required: true}
      storedAt: {type: instant, required: true}
"""
CONNECTION = """
source: wms
kind: rest
deadline: DEADLINE
base_url: ${NAME}
tables:
  scans:
    path: page
    records: "$.data[*]"
    pages: {by: page, size_parameter: size, size: 10, total: $.total}
    since: {parameter: since, look_back: 5m}
"""


@pytest.fixture
def one() -> Iterator[Service]:
    with service() as made:
        made.put(35)
        yield made


@pytest.fixture
def other() -> Iterator[Service]:
    with service() as made:
        made.put(35, first=101)
        yield made


@pytest.fixture
def two(one: Service, other: Service, profile: Made, monkeypatch: pytest.MonkeyPatch) -> sources.Profile:
    """A source with two services; the first has a second to answer."""
    monkeypatch.setenv("ONE", one.address)
    monkeypatch.setenv("OTHER", other.address)
    return profile(
        contracts__wms=CONTRACT,
        connections__one=CONNECTION.replace("NAME", "ONE").replace("DEADLINE", "1s"),
        connections__other=CONNECTION.replace("NAME", "OTHER").replace("DEADLINE", "60s"),
    )


def landed_ids(made: sources.Profile, folder: Path) -> list[str]:
    landed = Landed(made, folder / "source", folder / f"build_{time.monotonic_ns()}.duckdb")
    landed.land("wms", "scans")
    return [row[0] for row in landed.rows("select id from landing.wms__scans order by id")]


def test_one_that_hangs_is_ended_and_caught_up_later(
    two: sources.Profile, one: Service, tmp_path: Path
) -> None:
    hanging = threading.Event()
    one.troubles = [lambda number: hanging.wait(120) and None]
    said: list[str] = []
    began = time.monotonic()
    states = fetch_all(two, two.connections, tmp_path / "source", tmp_path, say=said.append)
    assert time.monotonic() - began < 60
    assert {state.name: bool(state.error) for state in states} == {"one": True, "other": False}
    assert "took longer than 1 s" in read_state(tmp_path, two.connections[0]).error
    assert landed_ids(two, tmp_path) == ids((101, 135))
    hanging.set()
    one.troubles = []
    fetch_all(two, two.connections, tmp_path / "source", tmp_path, say=said.append)
    assert landed_ids(two, tmp_path) == ids((1, 35), (101, 135))
    assert read_state(tmp_path, two.connections[0]).failures == 0


def test_one_whose_process_dies_takes_no_other_along(
    two: sources.Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(profile, connection, *arguments) -> object:
        if connection.name == "one":
            os.kill(os.getpid(), signal.SIGKILL)
        return fetch(profile, connection, *arguments)

    monkeypatch.setattr(together, "fetch", dying)
    states = fetch_all(two, two.connections, tmp_path / "source", tmp_path, say=lambda line: None)
    assert {state.name: state.error for state in states} == {"one": "its process ended with -9", "other": ""}
    assert landed_ids(two, tmp_path) == ids((101, 135))


# --- kill -9 in the middle of each kind of load ---------------------------------------------------------------------


def killed(made: sources.Profile, folder: Path, after: Callable[[], object]) -> None:
    """A fetch of the first connection, killed once `after` comes back."""
    process = FORKS.Process(target=fetch, args=(made, made.connections[0], folder / "source", folder))
    process.start()
    after()
    process.kill()
    process.join()


def test_a_service_killed_between_pages(two: sources.Profile, one: Service, tmp_path: Path) -> None:
    for page in (1, 2, 3, 4):
        asked = threading.Event()

        def tell(number: int, page: int = page, asked: threading.Event = asked) -> Response | None:
            if number % 5 == page:
                asked.set()
                time.sleep(0.2)
            return None

        one.troubles = [tell]
        killed(two, tmp_path, lambda asked=asked: asked.wait(10))
        assert read_state(tmp_path, two.connections[0]).succeeded_at is None
    one.troubles = []
    fetch(two, two.connections[0], tmp_path / "source", tmp_path)
    assert landed_ids(two, tmp_path) == ids((1, 35))


SQL_CONTRACT = """
source: erp
tables:
  orders:
    files: erp/orders/*.csv
    format: csv
    volume: varies
    key: [order_no]
    recorded_at: changed_at
    columns:
      order_no:   {type: text, required: true}
      changed_at: {type: timestamp, required: true}
"""
SQL_CONNECTION = """
source: erp
kind: sql
engine: postgres
connect: ${ERP}
tables:
  orders: {HOW}
"""
ROWS = 200_000


@pytest.fixture(params=[pytest.param("postgres", marks=pytest.mark.servers), "sqlite"])
def many_orders(request: pytest.FixtureRequest) -> Server | SqliteFile:
    """A database with as many orders as take a while."""
    server = request.getfixturevalue(request.param)
    at = {
        "postgres": "timestamp '2026-01-05' + n * interval '1 second' as changed_at"
        " from generate_series(1, COUNT) as t(n)",
        "sqlite": "datetime('2026-01-05', n || ' seconds') as changed_at from numbers",
    }[server.kind]
    numbers = "with recursive numbers(n) as (values (1) union all select n + 1 from numbers where n < COUNT) "
    query = f"{numbers if server.kind == 'sqlite' else ''}select 'SO' || n as order_no, {at}"
    server.run(f"drop table if exists orders; create table orders as {query};".replace("COUNT", str(ROWS)))
    return server


@pytest.mark.parametrize("how", ["cursor: changed_at", "full: true"])
def test_a_database_killed_at_any_moment(
    many_orders: Server | SqliteFile, profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("ERP", many_orders.connect("postgres"))
    connection = SQL_CONNECTION.replace("{HOW}", f"{{{how}}}").replace("postgres", many_orders.kind)
    made = profile(contracts__erp=SQL_CONTRACT, connections__erp=connection)
    for tenth in range(1, 13):
        killed(made, tmp_path, lambda tenth=tenth: time.sleep(0.04 * tenth))
    fetch(made, made.connections[0], tmp_path / "source", tmp_path)
    landed = Landed(made, tmp_path / "source", tmp_path / "build.duckdb")
    load = landed.land("erp", "orders")
    ((rows, different),) = landed.rows("select count(*), count(distinct order_no) from landing.erp__orders")
    assert (rows, different) == (ROWS, ROWS)
    assert load.rows_read == load.rows_accepted + load.rows_duplicate
    assert not list(tmp_path.glob("source/erp/orders/*/.*"))


def test_a_folder_killed_at_any_moment(
    profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    for day in range(1, 21):
        file = share / f"orders {day}.csv"
        lines = [f"SO{day}-{n},2026-01-{day:02} 10:00:00" for n in range(20_000)]
        file.write_text("\n".join(["order_no,changed_at", *lines, ""]), encoding="utf-8")
        os.utime(file, (1_767_600_000 + day, 1_767_600_000 + day))
    monkeypatch.setenv("SHARE", str(share))
    connection = "source: erp\nkind: files\nfolder: ${SHARE}\ntables:\n  orders: {pattern: '*.csv'}\n"
    made = profile(contracts__erp=SQL_CONTRACT, connections__erp=connection)
    for twentieth in range(1, 11):
        killed(made, tmp_path, lambda twentieth=twentieth: time.sleep(0.02 * twentieth))
    state = fetch(made, made.connections[0], tmp_path / "source", tmp_path)
    assert state.error == ""
    landed = Landed(made, tmp_path / "source", tmp_path / "build.duckdb")
    load = landed.land("erp", "orders")
    assert (load.rows_accepted, load.rows_duplicate, load.files) == (400_000, 0, 20)


def test_a_file_of_a_folder_is_known_by_its_name_and_not_taken_again_once_it_is_retired(
    profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, source, kept = tmp_path / "share", tmp_path / "source", tmp_path / "kept"
    share.mkdir()
    for number, name in enumerate(("一月 客诉.csv", "b (2)b.csv"), 1):
        (share / name).write_text(
            f"order_no,changed_at\nSO{number},2026-01-05 10:00:00\n", encoding="gb18030"
        )
        os.utime(share / name, (1_767_600_000, 1_767_600_000))
    monkeypatch.setenv("SHARE", str(share))
    connection = "source: erp\nkind: files\nfolder: ${SHARE}\ntables:\n  orders: {pattern: '*.csv'}\n"
    made = profile(contracts__erp=SQL_CONTRACT, connections__erp=connection)
    said: list[str] = []
    fetch_all(made, made.connections, source, tmp_path, say=said.append)
    assert said[0].startswith("fetched erp: 2 files (")
    names = sorted(path.name.split("-2")[0] for path in source.glob("erp/orders/*/*.csv"))
    assert names == ["erp-b2b", "erp-一月客诉"]

    settings = replace(settings_for(made.directory, tmp_path), source_dir=source)
    settings.build_file.parent.mkdir(parents=True)
    Landed(made, source, settings.build_file).land("erp", "orders")
    backup.backup(settings, kept, said.append)
    # the last drop of a connection stays
    assert backup.retire(settings, kept, date(2100, 1, 1), said.append).copied == 1
    assert fetch(made, made.connections[0], source, tmp_path).tables["orders"]["rows"] == 0
    backup.restore(settings, kept, said.append, only="source")
    assert fetch(made, made.connections[0], source, tmp_path).tables["orders"]["rows"] == 0
    for path in share.iterdir():
        os.utime(path, (1_767_700_000, 1_767_700_000))
    assert fetch(made, made.connections[0], source, tmp_path).tables["orders"]["rows"] == 2


def test_a_file_that_is_still_written_waits(
    profile: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    file = share / "orders.csv"
    file.write_text("order_no,changed_at\nSO1,2026-01-05 10:00:00\n", encoding="gb18030")
    monkeypatch.setenv("SHARE", str(share))
    connection = "source: erp\nkind: files\nfolder: ${SHARE}\ntables:\n  orders: {pattern: '*.csv'}\n"
    made = profile(contracts__erp=SQL_CONTRACT, connections__erp=connection)
    assert fetch(made, made.connections[0], tmp_path / "source", tmp_path).tables["orders"]["rows"] == 0
    os.utime(file, (1_767_600_000, 1_767_600_000))
    for _ in range(2):  # once, however often it is looked at
        fetch(made, made.connections[0], tmp_path / "source", tmp_path)
    assert len(list(tmp_path.glob("source/erp/orders/*/*.csv"))) == 1
    file.write_text("order_no,changed_at\nSO2,2026-01-06 10:00:00\n", encoding="gb18030")
    os.utime(file, (1_767_700_000, 1_767_700_000))
    fetch(made, made.connections[0], tmp_path / "source", tmp_path)
    landed = Landed(made, tmp_path / "source", tmp_path / "build.duckdb")
    landed.land("erp", "orders")
    assert landed.rows("select order_no from landing.erp__orders order by all") == [("SO1",), ("SO2",)]
