"""The last drops of a source folder night by night, each night seeing only what had arrived by then."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dagster_project import sources
from dagster_project.lib.night import NightResult, run_night
from dagster_project.lib.progress import Say, say_line
from dagster_project.settings import Settings

DROP_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def drop_dates(source_dir: Path) -> list[date]:
    """The dates that drops carry as folder names, ascending; each once."""
    folders = {
        path.name for path in source_dir.rglob("*") if path.is_dir() and DROP_DATE.fullmatch(path.name)
    }
    return [date.fromisoformat(name) for name in sorted(folders)]


def stage(source_dir: Path, staged: Path, day: date) -> None:
    """Link into `staged` every file that had arrived by the end of `day`; files outside dated folders always
    had.
    """
    for file in sorted(path for path in source_dir.rglob("*") if path.is_file()):
        relative = file.relative_to(source_dir)
        dates = [part for part in relative.parts[:-1] if DROP_DATE.fullmatch(part)]
        if dates and date.fromisoformat(dates[-1]) > day:
            continue
        link = staged / relative
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


def replay(
    settings: Settings, nights: int, with_quality: bool = True, say: Say = say_line
) -> Iterator[NightResult]:
    """Run the last `nights` drop days, oldest first; the first night sees all that came before it.

    `settings`: whose source is replayed; its home is where the replay lives, its `source_dir` the full
    source.

    Raises:
        ValueError: the source has no dated drops.
    """
    days = drop_dates(settings.source_dir)[-nights:]
    if not days:
        raise ValueError(f"{settings.source_dir} has no folders named by date: there are no drops to replay.")
    timezone = ZoneInfo(sources.load_profile(settings.profile_dir).timezone)
    staged = dataclasses.replace(settings, source_dir=settings.home / "staged")
    for day in days:
        stage(settings.source_dir, staged.source_dir, day)
        say(f"drop of {day}")
        yield run_night(staged, as_of=end_of_day(day, timezone), with_quality=with_quality, say=say)


def end_of_day(day: date, timezone: ZoneInfo) -> datetime:
    """The instant at which the next local day starts."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), timezone)
