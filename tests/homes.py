"""Homes of profiles that tests run in."""

from pathlib import Path

from dagster_project.settings import Settings


def settings_for(profile_dir: Path, data: Path, source_dir: Path | None = None) -> Settings:
    """Settings of a profile whose home lies in `data`."""
    folder = data / profile_dir.name
    return Settings(
        profile=profile_dir.name,
        profile_dir=profile_dir,
        source_dir=source_dir or folder / "source",
        home=folder,
        as_of=None,
        port=8501,
    )
