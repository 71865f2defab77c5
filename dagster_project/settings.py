"""Paths and switches, read once from the environment.

Every name exists as a make variable too: `PROFILE=olist` is `TRUE_ON_TIME_PROFILE=olist`. Nothing else in the project
reads the environment, but for the secrets of connections.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROFILES = REPOSITORY / "data" / "profiles"
DBT_PROJECT = REPOSITORY / "dbt"
KEPT_VERSIONS = 3


class SettingsError(ValueError):
    """A setting that cannot be used; says what to write."""


@dataclass(frozen=True)
class Settings:
    """Where a run reads and writes. `profile` is a name; all paths are absolute.

    Of the published versions stay the last `kept_versions`, and those published in the last `kept_days` days.
    """

    profile: str
    profile_dir: Path
    source_dir: Path
    home: Path
    as_of: datetime | None
    port: int
    kept_versions: int = KEPT_VERSIONS
    kept_days: int = 0

    def environment(self) -> dict[str, str]:
        """The environment of a process that is to find the same settings."""
        own = {"PROFILE": self.profile_dir, "SOURCE": self.source_dir, "DATA": self.home.parent}
        return {**os.environ, **{f"TRUE_ON_TIME_{name}": str(path) for name, path in own.items()}}

    @property
    def build_file(self) -> Path:
        return self.home / "build" / "warehouse.duckdb"

    @property
    def draft_file(self) -> Path:
        """What the models make of the build file for readers: the next version before it is published."""
        return self.home / "build" / "draft.duckdb"

    @property
    def published_file(self) -> Path:
        return self.home / "published" / "warehouse.duckdb"

    @property
    def timings_file(self) -> Path:
        return self.home / "timings.json"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def dbt_dir(self) -> Path:
        return self.home / "dbt"

    @property
    def quality_docs(self) -> Path:
        return self.home / "quality_docs"


def load() -> Settings:
    """Settings of this process.

    Raises:
        SettingsError: the profile is neither a name under data/profiles nor a folder with a profile.yml, AS_OF is no
            instant with a zone, or a number of what is kept is none.
    """
    named = os.environ.get("TRUE_ON_TIME_PROFILE") or "demo"
    profile_dir = (
        PROFILES / named
        if (PROFILES / named / "profile.yml").is_file()
        else Path(named).expanduser().resolve()
    )
    if not (profile_dir / "profile.yml").is_file():
        known = ", ".join(sorted(path.parent.name for path in PROFILES.glob("*/profile.yml")))
        raise SettingsError(
            f"PROFILE={named}: no such profile. Name one of {known}, or a folder that holds a profile.yml."
        )
    source = os.environ.get("TRUE_ON_TIME_SOURCE")
    return of(profile_dir, Path(source).expanduser().resolve() if source else None)


def of(profile_dir: Path, source_dir: Path | None = None) -> Settings:
    """Settings of a profile's folder, which need not be there yet; without a source its own below the data."""
    home = data_dir() / profile_dir.name
    return Settings(
        profile=profile_dir.name,
        profile_dir=profile_dir,
        source_dir=source_dir or home / "source",
        home=home,
        as_of=_instant(os.environ.get("TRUE_ON_TIME_AS_OF")),
        port=_count("PORT", 8501, least=1),
        kept_versions=_count("KEEP_VERSIONS", KEPT_VERSIONS, least=1),
        kept_days=_count("KEEP_DAYS", 0, least=0),
    )


def data_dir() -> Path:
    """The folder for all that is made."""
    return Path(os.environ.get("TRUE_ON_TIME_DATA") or REPOSITORY / "data").expanduser().resolve()


def _count(name: str, default: int, least: int) -> int:
    text = os.environ.get(f"TRUE_ON_TIME_{name}") or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SettingsError(f"{name}={text}: write a whole number, at least {least}.")
    return int(text)


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"AS_OF={text}: write an instant such as 2026-03-01T00:00:00+08:00.") from error
    if instant.tzinfo is None:
        raise SettingsError(f"AS_OF={text}: add the zone, as in 2026-03-01T00:00:00+08:00.")
    return instant
