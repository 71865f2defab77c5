"""`python -m dagster_project.connectors NAME [FROM TO]`: one connection of the profile is fetched.

Exit code 1: something went wrong, which its state says; 2: it is being fetched already. FROM and TO are instants with a
zone: a period that is fetched again.
"""

import sys
from datetime import datetime

from filelock import Timeout

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.connectors.fetch import fetch
from dagster_project.connectors.place import Window


def main(name: str, *period: str) -> int:
    settings = settings_module.load()
    profile = sources.load_profile(settings.profile_dir)
    connection = next(connection for connection in profile.connections if connection.name == name)
    window = Window(*map(datetime.fromisoformat, period)) if period else None
    try:
        state = fetch(profile, connection, settings.source_dir, settings.home, window)
    except Timeout:
        sys.stderr.write(f"{name} is being fetched already\n")
        return 2
    if state.error:
        sys.stderr.write(f"{state.error}\n")
    return 1 if state.error else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
