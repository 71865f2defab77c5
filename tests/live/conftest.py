"""The demo company with its systems running, once for all tests of the small refresh."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dagster_project.live.loop import Loop
from dagster_project.live.told import Made
from dagster_project.settings import Settings
from tests.servers.running import LAST, Running, running

AT = LAST - timedelta(days=2)
LATER = AT + timedelta(hours=5)
EXPECTED = (Path(__file__).with_name("expected.sql")).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("live"), days=20, orders_a_day=60) as made:
        made.systems.store(AT)
        yield made


@pytest.fixture
def quiet(company: Running) -> Iterator[Running]:
    """The company with nothing wrong, at the instant AT."""
    company.systems.trouble = lambda source, name: None
    company.systems.show(AT)
    yield company
    company.systems.trouble = lambda source, name: None


@pytest.fixture
def home(quiet: Running, request: pytest.FixtureRequest) -> Settings:
    return quiet.loop_home(request.node.name, at=AT)


def go(settings: Settings, say: Callable[[str], object] = lambda line: None) -> Made | None:
    """One round of a loop that has just been started."""
    return Loop(settings, say).run(once=True)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """What a reader of the small file sees; its tables as `live.<table>`."""
    with duckdb.connect() as reader:
        reader.execute(
            f"ATTACH '{settings.published_file.parent}/current.duckdb' AS small (READ_ONLY); USE small"
        )
        reader.execute("SET TimeZone = 'Asia/Shanghai'")
        return reader.execute(query).fetchall()


def figures(settings: Settings) -> dict[tuple[str, str], tuple[Any, ...]]:
    query = "SELECT sku, place, on_hand, locked, available, in_transfer FROM live.stock"
    return {(sku, place): tuple(told) for sku, place, *told in rows(settings, query)}


def counted(company: Running, at: datetime) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The same, counted in another way over the company's rows as its files told them."""
    with duckdb.connect(str(company.by_files.build_file), read_only=True) as files:
        files.execute("SET TimeZone = 'Asia/Shanghai'")
        opening = company.systems.duck.cursor().execute("SELECT place, sku, qty FROM opening").fetchall()
        files.execute("CREATE TEMP TABLE opening (place VARCHAR, sku VARCHAR, qty BIGINT)")
        files.executemany("INSERT INTO opening VALUES (?, ?, ?)", opening)
        found = files.execute(EXPECTED, {"at": at}).fetchall()
        return {(sku, place): tuple(told) for sku, place, *told in found}
