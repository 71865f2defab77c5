"""Connections on the page of data health: those that need somebody first, in words, as of now."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from dagster_project.connectors.fetch import State, read_state, write_state
from dashboards.ui import navigation
from tests.unit.dashboards.conftest import OpenPage
from tests.unit.dashboards.reading import words


def beat(home: Path, name: str, hours_ago: float | None, error: str = "", **tables: dict) -> None:
    """As a fetch leaves it: a success some hours ago, of a connection that is expected every day."""
    now = datetime.now(UTC)
    at = None if hours_ago is None else now - timedelta(hours=hours_ago)
    due = at + timedelta(hours=36) if at else None
    state = State(name, "erp", "sql", 86400, now.isoformat(), at and at.isoformat(), due and due.isoformat())
    state.error, state.tables = error, tables
    write_state(home, state)


@pytest.fixture(autouse=True)
def first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "PAGES", {"trust": ["data_health"]})


def test_those_that_need_somebody_come_first(published: Path, open_page: OpenPage) -> None:
    home = published.parent.parent
    fetched = {"rows": 1200, "new_columns": ["buyer"], "warnings": []}
    beat(home, "erp", 5, orders=fetched)
    beat(home, "front_3", 40)
    beat(home, "wms_a", None, error="503 of http://wms-a.example: maintenance")
    said = words(open_page(lang="en"))
    assert "**2** of 3 connections to other systems need somebody" in said
    assert said.index("**wms_a** · last success: never") < said.index("**front_3** · last success: ")
    assert "503 of http://wms-a.example: maintenance" in said
    assert "**2**" in words(open_page(lang="zh")) and "系统连接" in words(open_page(lang="zh"))
    table = next(frame.value for frame in open_page(lang="en").dataframe if "every" in frame.value.columns)
    assert list(table["name"]) == ["wms_a", "front_3", "erp"]
    assert list(table["state"]) == ["▲ down", "△ late", "✓ well"]
    assert list(table["rows"]) == [0, 0, 1200]
    assert list(table["new_columns"]) == ["", "", "buyer"]


def test_all_well_is_one_sentence(published: Path, open_page: OpenPage) -> None:
    beat(published.parent.parent, "erp", 35.9)
    assert "The **1** connection to other systems answers in its rhythm." in words(open_page(lang="en"))


def test_nothing_is_shown_where_everything_comes_as_files(published: Path, open_page: OpenPage) -> None:
    assert "connections" not in words(open_page(lang="en")).lower()


def test_a_state_of_an_older_version_is_still_read(published: Path) -> None:
    home = published.parent.parent
    beat(home, "erp", 5)
    path = home / "sources" / "erp.json"
    succeeded_at = datetime.now(UTC).isoformat()
    path.write_text(json.dumps({"name": "erp", "succeeded_at": succeeded_at, "unheard_of": 1}))
    connection = SimpleNamespace(name="erp", source="erp", kind="sql", every=timedelta(days=1))
    assert read_state(home, connection).succeeded_at == succeeded_at
