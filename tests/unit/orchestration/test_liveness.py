"""Runs that a kill left behind: found by the lock that their process no longer holds."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.lib import liveness, warehouse
from dagster_project.settings import REPOSITORY, Settings

HELD, ORPHAN = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
HOLD = """
import sys, time
from pathlib import Path
from tests.homes import settings_for
from dagster_project.lib import liveness, warehouse
settings = settings_for(Path(sys.argv[1]), Path(sys.argv[2]))
with liveness.alive(settings, sys.argv[3]), warehouse.build_lock(settings, sys.argv[3]):
    print("held", flush=True)
    time.sleep(60)
"""


@dg.op
def nothing() -> None: ...


@dg.job
def nightly() -> None:
    nothing()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def holder(home: Settings) -> Iterator[subprocess.Popen]:
    """A process that holds the run HELD and the writer's lock."""
    paths = f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'tests'}"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.profile_dir), str(home.home.parent), HELD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def started(instance: dg.DagsterInstance, run_id: str) -> None:
    instance.create_run_for_job(nightly, run_id=run_id, status=dg.DagsterRunStatus.STARTED)


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_run_of_a_living_process_is_left_alone(
    home: Settings, instance: dg.DagsterInstance, holder: subprocess.Popen
) -> None:
    started(instance, HELD)
    started(instance, ORPHAN)
    assert liveness.reap(instance, home) == [ORPHAN]
    assert status(instance, HELD) == dg.DagsterRunStatus.STARTED
    assert status(instance, ORPHAN) == dg.DagsterRunStatus.FAILURE


def test_run_of_a_killed_process_is_ended(
    home: Settings, instance: dg.DagsterInstance, holder: subprocess.Popen
) -> None:
    started(instance, HELD)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert liveness.reap(instance, home) == [HELD]
    assert status(instance, HELD) == dg.DagsterRunStatus.FAILURE


def test_second_writer_is_told_who_writes(home: Settings, holder: subprocess.Popen) -> None:
    with pytest.raises(warehouse.LockHeldError, match=f'"pid": {holder.pid}'), warehouse.build_lock(home):
        pass


def test_lock_of_a_killed_writer_is_free(home: Settings, holder: subprocess.Popen) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with warehouse.build_lock(home, "next"):
        assert '"next"' in warehouse.owner_file(home).read_text()


def test_writer_waits_for_the_one_before(home: Settings, holder: subprocess.Popen) -> None:
    began = time.monotonic()
    with pytest.raises(warehouse.LockHeldError), warehouse.build_lock(home, timeout_seconds=0.5):
        pass
    assert time.monotonic() - began >= 0.5
    assert not Path(f"{home.build_file}.spill").exists()
