"""Models that need more memory than a night is given: it and what follows are built with more, to the same rows."""

from pathlib import Path

import pytest

from dagster_project.lib import memory as sizes
from dagster_project.lib.night import run_night
from dagster_project.settings import Settings
from tests.bench import company, compare
from tests.bench.race import PROFILE
from tests.homes import settings_for

TOO_LITTLE, ENOUGH = "40MB", "1100MB"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("little_memory") / "source"
    company.generate(folder, 3_000, 7, 60)
    return folder


def published(home: Settings, memory: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(sizes, "memory_of", lambda connection, base: memory)
    night = run_night(home, with_quality=False, say=said.append)
    assert night.status == "published", night.message
    return said


def test_too_little_memory_costs_time_and_no_row(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = settings_for(PROFILE, tmp_path / "short", source)
    said = published(short, TOO_LITTLE, monkeypatch)
    assert [line for line in said if "40MB were too little for DuckDB" in line and "120MB" in line]
    assert [line for line in said if line.startswith("models: ") and line.find(" 0 broken") > 0]
    ample = settings_for(PROFILE, tmp_path / "ample", source)
    assert not [line for line in published(ample, ENOUGH, monkeypatch) if "too little" in line]
    assert list(compare.with_published(ample.published_file, short.published_file)) == []
