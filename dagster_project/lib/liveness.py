"""Which runs are still alive, and the end of those that are not.

A run holds a lock on its own file for as long as its process lives; the operating system lets go of it at a
kill. So a run that Dagster believes to be going, whose file nobody holds, died without a word.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from filelock import FileLock, Timeout

from dagster_project.settings import Settings

GOING = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]


@contextmanager
def alive(settings: Settings, run_id: str) -> Iterator[None]:
    """Hold the run's file while the block lasts."""
    path = _file(settings, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        yield
    path.unlink(missing_ok=True)


def is_alive(settings: Settings, run_id: str) -> bool:
    """Does a process hold the run's file?"""
    path = _file(settings, run_id)
    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def reap(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Mark runs as failed whose process is gone; otherwise they would stay 'started' and hold the queue for
    good.

    Returns their ids. Call it before the daemon starts, so that a run just launched is not taken for one of
    them.
    """
    records = instance.get_runs(dg.RunsFilter(statuses=GOING))
    orphans = [run for run in records if not is_alive(settings, run.run_id)]
    for run in orphans:
        instance.report_run_failed(
            run, "The process of this run ended without a word; it was found at start."
        )
        _file(settings, run.run_id).unlink(missing_ok=True)
    return [run.run_id for run in orphans]


def _file(settings: Settings, run_id: str) -> Path:
    return settings.dagster_home / "alive" / f"{run_id}.lock"
