"""`make import FILE=orders.xlsx`: from a workbook nobody prepared to the dashboards.

`python -m dagster_project.commands.import_workbook FILE [--yes] [--name NAME] [--zone ZONE] [--set COLUMN=TARGET]`.
Exit code 1: it was not understood, not taken, or the night was blocked; 2: the arguments.
"""

import argparse
import re
import shutil
import sys
from datetime import date
from pathlib import Path

import duckdb

from dagster_project import onramp, sources
from dagster_project import settings as settings_module
from dagster_project.ending import end
from dagster_project.lib import headline
from dagster_project.lib.night import run_night
from dagster_project.lib.warehouse import LockHeldError
from dagster_project.lib.writer import NightFailedError

IMPORTS = "imports"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make import")
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--yes", action="store_true", help="take what is proposed, as far as it is sure")
    parser.add_argument("--name", help="the company's name as a folder; default: the file's name")
    parser.add_argument("--zone", default="Asia/Shanghai", help="the zone of the workbook's times")
    parser.add_argument("--set", action="append", default=[], help="what a column is: 7=events.delivered")
    given = parser.parse_args(arguments)
    if given.file is None:
        parser.error("name the workbook: make import FILE=orders.xlsx")
    try:
        proposal = onramp.propose(given.file.expanduser())
        for said in given.set:
            proposal.change(said)
        print("\n".join(onramp.proposal_lines(proposal)) + "\n")
        if not given.yes and not onramp.ask(proposal, _answer, print):
            print("Nothing was written.")
            return 1
        if proposal.missing():
            raise onramp.UnreadableError("\n".join(onramp.missing_lines(proposal)))
        settings = _settings(given.name or given.file.stem)
    except onramp.UnreadableError as error:
        print(error)
        return 1
    shutil.rmtree(settings.home / "build", ignore_errors=True)
    written = onramp.write(proposal, settings.profile_dir, settings.source_dir, given.zone, date.today())
    try:
        night = run_night(settings)
    except (NightFailedError, LockHeldError, sources.ProfileError) as error:
        print(f"{error}\nLook closer: make profile-check PROFILE={settings.profile_dir}")
        return 1
    if night.status != "published":
        return 1
    with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
        said = headline.lines(connection, settings.profile)
        print("\n".join([*said[:-2], *onramp.figure_lines(written, connection), ""]))
        print("\n".join(onramp.account_lines(written, connection)))
    here, folder = Path.cwd(), settings.profile_dir
    profile = folder.relative_to(here) if folder.is_relative_to(here) else folder
    print(f"\nThe profile, to change: {profile}/   Again after a change: make run PROFILE={profile}")
    print(f"Open the dashboards:    make dash PROFILE={profile}\n")
    return 0


def _answer(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        print("\nNobody answers here: say YES=1 to take it as it is.")
        return "n"


def _settings(name: str) -> settings_module.Settings:
    """Where an import lies: its profile below imports/, its home beside the other companies'."""
    folder = re.sub(r"[^\w-]+", "_", name).strip("_").lower() or "workbook"
    data = settings_module.data_dir()
    settings = settings_module.of(data / IMPORTS / folder)
    is_other = (settings_module.PROFILES / folder).exists() or folder in (IMPORTS, "profiles", "nights")
    if is_other or (settings.home.exists() and not settings.profile_dir.exists()):
        raise onramp.UnreadableError(
            f"there is a company {folder} already: say another name, NAME={folder}_import"
        )
    return settings


if __name__ == "__main__":
    end(lambda: main(sys.argv[1:]))
