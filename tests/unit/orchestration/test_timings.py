"""Where a night's time went: every second is counted once, as start-up or in its phase."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.lib.timings import Timings, since_process_start
from dagster_project.settings import REPOSITORY


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr("dagster_project.lib.timings.since_process_start", lambda: now[0])
    monkeypatch.setattr(Timings, "counted", 0.0)
    return now


def test_startup_within_a_step_is_not_the_phases_own_time(clock: list[float], tmp_path: Path) -> None:
    timings = Timings()
    with timings.step("land"):
        clock[0] += 3
    with timings.step("build"):
        begun = timings.startup_in("models")
        clock[0] += 5
        begun()
        clock[0] += 7
    clock[0] += 1
    timings.models = {"fct_orders": 6.5}
    timings.write(tmp_path / "timings.json")
    assert json.loads((tmp_path / "timings.json").read_text()) == {
        "seconds": 116,
        "startup_seconds": 105,
        "phases": {"fetching": 0, "landing": 3, "quality": 0, "models": 7, "publishing": 0},
        "models": {"fct_orders": 6.5},
    }


def test_a_step_that_fails_is_counted_too(clock: list[float]) -> None:
    timings = Timings()
    with pytest.raises(ValueError), timings.step("canonical"):
        clock[0] += 2
        raise ValueError
    assert timings.phases["landing"] == 2


def test_the_second_night_of_a_process_starts_where_the_first_ended(
    clock: list[float], tmp_path: Path
) -> None:
    Timings().write(tmp_path / "timings.json")
    clock[0] += 4
    assert Timings().startup == 4


def test_the_process_began_before_its_first_import() -> None:
    code = "from dagster_project.lib.timings import since_process_start as s; print(s())"
    began = time.monotonic()
    told = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    assert 0 < float(told.stdout) <= time.monotonic() - began + 0.02  # the kernel counts in hundredths
    assert since_process_start() > 0
