"""`make profile-check`: a dry run of the chosen profile over the chosen source.

Exit code 1: mistakes, or nothing read.
"""

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.ending import end


def main() -> int:
    settings = settings_module.load()
    return 0 if sources.profile_check(settings.profile_dir, settings.source_dir) else 1


if __name__ == "__main__":
    end(main)
