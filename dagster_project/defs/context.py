"""What the definitions are defined over: the settings and the profile chosen when the location is loaded."""

from functools import cache

from dagster_project import settings, sources


@cache
def chosen_settings() -> settings.Settings:
    return settings.load()


@cache
def chosen_profile() -> sources.Profile:
    return sources.load_profile(chosen_settings().profile_dir)
