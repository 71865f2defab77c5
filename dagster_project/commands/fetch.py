"""`make fetch`: the profile's connections are fetched now, all or those named; with a period, that period again.

`python -m dagster_project.commands.fetch [NAME…] [--from 2026-01-01 --to 2026-02-01]`. Exit code 1: not all came. The
rows land with the next night.
"""

import argparse
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.lib.collect import collect
from dagster_project.lib.progress import say_line


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fetch", description="Fetch connections.")
    parser.add_argument("names", nargs="*")
    parser.add_argument(
        "--from", dest="start", help="the first day or instant of a period, in the company's zone"
    )
    parser.add_argument("--to", dest="end", help="the day or instant before which it ends")
    arguments = parser.parse_args()
    settings = settings_module.load()
    profile = sources.load_profile(settings.profile_dir)
    known = {connection.name: connection for connection in profile.connections}
    if unknown := sorted(set(arguments.names) - known.keys()):
        say_line(f"no connection {', '.join(unknown)}; {settings.profile} has {', '.join(known) or 'none'}")
        return 1
    if bool(arguments.start) != bool(arguments.end):
        say_line("a period needs both FROM and TO")
        return 1
    period = None
    if arguments.start:
        zone = ZoneInfo(profile.timezone)
        start, end = (_instant(text, zone) for text in (arguments.start, arguments.end))
        period = (start, end)
    asked = [known[name] for name in arguments.names] or list(known.values())
    states = collect(settings, asked, say_line, period)
    return 1 if any(state.error for state in states) else 0


def _instant(text: str, zone: ZoneInfo) -> datetime:
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=zone)


if __name__ == "__main__":
    sys.exit(main())
