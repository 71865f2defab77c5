"""What blocked a night blocks the nights after it, until it is mended: no figure is published unchecked."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from integration.nights import Replay, copied, differences, figures, replay

from dagster_project.lib import expectations, quality, warehouse
from dagster_project.lib.rules import Rule
from dagster_project.settings import Settings
from dagster_project.sources import Profile

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company() -> Replay:
    return replay(seed=11, nights=2, orders=60)


@pytest.fixture(scope="module")
def first(company: Replay, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home after a first night that was checked, the second night's files delivered."""
    settings = company.settings(tmp_path_factory.mktemp("first"))
    company.deliver(settings, 0)
    assert company.run(settings, 0, with_quality=True).status == "published"
    company.deliver(settings, 1)
    return settings


@pytest.fixture
def forbid(company: Replay, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """`forbid("marts", "fct_orders")`: an order of the second night may not be there."""
    (order_id, *_) = [
        row["order_id"]
        for arrival in company.arrivals
        for row in arrival.rows.get("orders", [])
        if arrival.night == 1
    ]
    rules_of = quality.rules_of

    def forbidden(schema: str, table: str) -> None:
        def more_rules(profile: Profile, layer: str) -> list[Rule]:
            rules = rules_of(profile, layer)
            alike = [rule for rule in rules if (rule.schema, rule.table) == (schema, table)]
            unwanted = {"name": "unwanted", "kind": "rows", "severity": "block", "columns": ()}
            own = [replace(alike[0], **unwanted, broken=f"order_id = '{order_id}'")] if alike else []
            return rules + own

        monkeypatch.setattr(quality, "rules_of", more_rules)

    return forbidden


@pytest.mark.parametrize(("schema", "table"), [("landing", "plain__orders"), ("marts", "fct_orders")])
def test_what_blocks_a_night_blocks_the_next_without_news(
    schema: str,
    table: str,
    company: Replay,
    first: Settings,
    tmp_path: Path,
    forbid: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = copied(first, tmp_path)
    forbid(schema, table)
    for _ in range(2):
        night = company.run(settings, 1, with_quality=True)
        assert night.status == "blocked"
        assert "unwanted" in night.message
        assert differences(settings, first) == {}
    monkeypatch.undo()
    assert company.run(settings, 1, with_quality=True).status == "published"
    assert figures(settings, "select run_number from meta.run") == [(4,)]


def test_row_that_landed_twice_blocks_the_night(company: Replay, first: Settings, tmp_path: Path) -> None:
    settings = copied(first, tmp_path)
    with warehouse.connect(settings) as connection:
        row = "select * replace (2 as _load_seq) from landing.plain__orders order by order_id limit 1"
        connection.execute(f"insert into landing.plain__orders {row}")
        connection.execute(f"insert into landing.plain__orders {row}")
    night = company.run(settings, 1, with_quality=True)
    assert night.status == "blocked"
    assert "landing.plain__orders lands_once" in night.message
    assert differences(settings, first) == {}
    observed = "select observed from meta.quality where expectation = 'lands_once' and not passed"
    with warehouse.connect(settings, read_only=True) as connection:
        assert connection.execute(observed).fetchall() == [("2 rows",)]


def test_night_without_news_after_a_published_one_asks_nothing(
    company: Replay, first: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copied(first, tmp_path)
    assert company.run(settings, 1, with_quality=True).status == "published"
    for name in ("great_expectations", "begin_import"):
        monkeypatch.setattr(expectations, name, lambda: pytest.fail("there was nothing to ask"))
    assert company.run(settings, 1, with_quality=True).status == "published"
    observed = (
        "select distinct run_number, observed from meta.quality where layer <> 'dbt' and run_number > 1"
    )
    told = figures(settings, observed)
    assert (2, "0 rows") in told
    assert [seen for number, seen in told if number == 3] == [quality.NOTHING_NEW]
