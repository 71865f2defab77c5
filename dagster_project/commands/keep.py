"""`make backup`, `make restore`, `make retire`: what a company cannot be rebuilt without, kept elsewhere.

`python -m dagster_project.commands.keep backup|restore|retire FOLDER …`. Exit code 1: it could not be done, and why.
"""

import argparse
from datetime import date
from pathlib import Path

from dagster_project import settings as settings_module
from dagster_project.ending import end
from dagster_project.lib import backup
from dagster_project.lib.progress import say_line
from dagster_project.lib.warehouse import LockHeldError


def main() -> int:
    parser = argparse.ArgumentParser(description="Backups of a company.")
    parser.add_argument("what", choices=("backup", "restore", "retire"))
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--keep", type=int, default=backup.KEPT, help="snapshots that stay")
    parser.add_argument("--at", default="", help="the snapshot to restore, by the beginning of its name")
    parser.add_argument("--only", default="", help="bring back what is missing of one folder, such as source")
    parser.add_argument("--before", type=_day, help="retire what was recorded before this day")
    asked = parser.parse_args()
    if asked.folder is None:
        named = "FROM" if asked.what == "restore" else "TO"
        parser.error(f"name the folder of the backups: make {asked.what} {named}=/backups")
    if asked.keep < 1:
        parser.error(f"KEEP={asked.keep}: at least 1 snapshot stays")
    settings = settings_module.load()
    try:
        if asked.what == "backup":
            backup.backup(settings, asked.folder, say_line, asked.keep)
        elif asked.what == "restore":
            backup.restore(settings, asked.folder, say_line, asked.at, asked.only)
        elif asked.before is None:
            parser.error("make retire needs BEFORE=<day>, as in BEFORE=2026-01-31")
        else:
            backup.retire(settings, asked.folder, asked.before, say_line)
    except (backup.BackupError, LockHeldError) as error:
        say_line(str(error))
        return 1
    except OSError as error:  # no room, no right, no such disk
        say_line(
            f"{asked.what} ended midway: {error.filename or asked.folder}: {error.strerror}. Run it again"
        )
        return 1
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write as in 2026-01-31") from None


if __name__ == "__main__":
    end(main)
