"""One night, from files to the published warehouse, without Dagster: for replays, tests and benchmarks.

Dagster's assets call the same steps (steps.py), in the same order: collect, land (each table), check('landing'),
canonical, build, check('marts'), publish; leaving the block ends the run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.lib.progress import Say, say_line
from dagster_project.lib.steps import Night
from dagster_project.settings import Settings


@dataclass(frozen=True)
class NightResult:
    """What a night came to. `status` is 'published' or 'blocked'; a failed night raises instead."""

    run_number: int
    run_id: str
    as_of: datetime | None
    status: str
    message: str
    is_full_refresh: bool
    published_file: Path


def run_night(
    settings: Settings,
    as_of: datetime | None = None,
    rebuild: bool = False,
    with_quality: bool = True,
    say: Say = say_line,
    reached: Callable[[str], None] = lambda point: None,
) -> NightResult:
    """Run a whole night in this process, without Dagster.

    `as_of` wins over the settings', which wins over the profile's. `with_quality=False` leaves Great
    Expectations out.

    Raises:
        NightFailedError, sources.ProfileError, warehouse.LockHeldError, duckdb.Error: nothing was published.
    """
    with Night(
        settings, as_of=as_of, rebuild=rebuild, with_quality=with_quality, say=say, reached=reached
    ) as night:
        night.collect()
        for table in night.profile.tables:
            night.land(table)
        night.check("landing")
        if not night.blocked:
            night.canonical()
            night.build()
        if not night.blocked:
            night.check("marts")
        if not night.blocked:
            night.publish()
    return NightResult(
        run_number=night.run.run_number,
        run_id=night.run.run_id,
        as_of=night.run.as_of,
        status=night.status,
        message=night.message,
        is_full_refresh=night.run.is_full_refresh,
        published_file=settings.published_file,
    )
