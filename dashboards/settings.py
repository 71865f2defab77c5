"""Which published file the pages read, from the same environment as the nightly job; read here only."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """The profile whose figures are shown, and where its published files lie."""

    profile: str
    published_file: Path
    status_file: Path


def load() -> Settings:
    """Settings of this process, from `TRUE_ON_TIME_PROFILE` (a name or a folder) and `TRUE_ON_TIME_DATA`."""
    named = os.environ.get("TRUE_ON_TIME_PROFILE") or "demo"
    profile = (
        named
        if (REPOSITORY / "data" / "profiles" / named).is_dir()
        else Path(named).expanduser().resolve().name
    )
    data = Path(os.environ.get("TRUE_ON_TIME_DATA") or REPOSITORY / "data").expanduser().resolve()
    published = data / profile / "published"
    return Settings(profile, published / "warehouse.duckdb", published / "status.json")
