"""kill -9 at several points: what was published stays readable, the next night is as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from integration.nights import Replay, copied, differences, figures, replay

from dagster_project.lib import publish
from dagster_project.settings import REPOSITORY, Settings

QUICK = ["inside dbt", "inside the copy"]
SLOW = [
    "inside landing",
    "inside the patch",
    "landed",
    "models started",
    "models built",
    "inside the checks",
    "checked marts",
]
SLOW += ["completed", "copied", "swapped"]
POINTS = [*QUICK, *(pytest.param(point, marks=pytest.mark.slow) for point in SLOW)]


@pytest.fixture(scope="module")
def company() -> Replay:
    return replay(seed=11, nights=2, orders=60)


@pytest.fixture(scope="module")
def first(company: Replay, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home after the first night, the second night's files delivered."""
    settings = company.settings(tmp_path_factory.mktemp("first"))
    company.deliver(settings, 0)
    company.run(settings, 0)
    company.deliver(settings, 1)
    return settings


@pytest.fixture(scope="module")
def undisturbed(company: Replay, first: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The home after an undisturbed second night."""
    settings = copied(first, tmp_path_factory.mktemp("undisturbed"))
    company.run(settings, 1)
    return settings


def kill_at(point: str, settings: Settings, company: Replay) -> None:
    """Run the second night in a process that is killed at `point`."""
    variables = {
        "TRUE_ON_TIME_PROFILE": str(settings.profile_dir),
        "TRUE_ON_TIME_SOURCE": str(settings.source_dir),
        "TRUE_ON_TIME_DATA": str(settings.home.parent),
        "TRUE_ON_TIME_AS_OF": company.ends[1].isoformat(),
        "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}",
    }
    killed = subprocess.run(
        [sys.executable, "-m", "integration.killed_night", point],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr


@pytest.mark.parametrize("point", POINTS)
def test_killed_night_hurts_nobody(
    point: str, company: Replay, first: Settings, undisturbed: Settings, tmp_path: Path
) -> None:
    assert {"marts.fct_orders", "marts.fct_events"} <= differences(first, undisturbed).keys(), (
        "or nothing is shown"
    )
    settings = copied(first, tmp_path)
    versions = settings.published_file.parent / "versions"
    shutil.copyfile(versions / "warehouse_1.duckdb", versions / "warehouse_0.duckdb")  # one to take blocks of
    kill_at(point, settings, company)
    cut_short = {"inside the copy", "inside the patch", "copied"}
    assert (versions / "warehouse_2.duckdb.tmp").exists() == (point in cut_short)
    assert (versions / "warehouse_0.duckdb").exists() == (point != "inside the patch")

    after = undisturbed if point == "swapped" else first
    assert differences(settings, after) == {}, "the published file is the old or the new one, whole"
    assert company.run(settings, 1).status == "published"
    assert differences(settings, undisturbed) == {}

    published = publish.published_run(settings)
    assert published is not None
    assert published[0] == 3, "the killed run keeps its number"
    expected = "published" if point == "swapped" else "failed"
    assert figures(settings, "select status from meta.runs where run_number = 2") == [(expected,)]


def test_lost_draft_is_made_anew(
    company: Replay, first: Settings, undisturbed: Settings, tmp_path: Path
) -> None:
    settings = copied(first, tmp_path)
    settings.draft_file.unlink()
    night = company.run(settings, 1)
    assert (night.status, night.is_full_refresh) == ("published", True)
    assert differences(settings, undisturbed) == {}


def test_first_publication_stands_across_a_kill(
    company: Replay, first: Settings, undisturbed: Settings, tmp_path: Path
) -> None:
    """A night killed before the swap published nothing, so its figures are no first publication."""
    settings = copied(first, tmp_path)
    kill_at("inside the copy", settings, company)
    company.run(settings, 1)
    rates = "select metric, day, numerator, denominator, value, as_of from meta.published_rates"
    assert sorted(map(str, figures(settings, rates))) == sorted(map(str, figures(undisturbed, rates)))
    assert figures(settings, "select distinct run_number from meta.published_rates order by 1") == [
        (1,),
        (3,),
    ]
