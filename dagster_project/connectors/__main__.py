"""`python -m dagster_project.connectors [NAME…] [--from 2026-01-01 --to 2026-02-01]`: connections are fetched now.

All of the profile, or those named; with a period (days or instants in the company's zone), that period again. Exit code
1: not all came.
"""

import argparse
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.connectors.place import Window
from dagster_project.connectors.together import fetch_all
from dagster_project.ending import end


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fetch", description="Fetch connections.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--from", dest="start", help="the first day or instant of a period")
    parser.add_argument("--to", dest="end", help="the day or instant before which it ends")
    arguments = parser.parse_args()
    settings = settings_module.load()
    profile = sources.load_profile(settings.profile_dir)
    known = {connection.name: connection for connection in profile.connections}
    if unknown := sorted(set(arguments.names) - known.keys()):
        parser.error(
            f"no connection {', '.join(unknown)}; {settings.profile} has {', '.join(known) or 'none'}"
        )
    if not known:
        _say(f"profile {settings.profile} has no connections (docs/sources.md)")
        return 1
    if bool(arguments.start) != bool(arguments.end):
        parser.error("a period needs both FROM and TO")
    window = None
    if arguments.start:
        zone = ZoneInfo(profile.timezone)
        try:
            window = Window(_instant(arguments.start, zone), _instant(arguments.end, zone))
        except ValueError:
            parser.error(
                f"FROM={arguments.start} TO={arguments.end}: write days or instants, FROM=2026-01-01 TO=2026-02-01"
            )
        if window.start >= window.end:
            parser.error(
                f"FROM={arguments.start} TO={arguments.end}: TO is the day after the last, later than FROM"
            )
    asked = [known[name] for name in arguments.names] or list(known.values())
    states = fetch_all(profile, asked, settings.source_dir, settings.home, window, _say)
    return 1 if any(state.error for state in states) else 0


def _say(line: str) -> None:
    print(line, flush=True)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=zone)


if __name__ == "__main__":
    end(main)
