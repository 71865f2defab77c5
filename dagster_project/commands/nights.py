"""`make nights N=10`: the last N drops night by night, each seeing only what had arrived by then.

`python -m dagster_project.commands.nights N`. The home is `<data>/nights/<profile>`, made anew; the own one
stays as it is.
"""

import dataclasses
import shutil
import sys

from dagster_project import settings as settings_module
from dagster_project.ending import end
from dagster_project.lib import headline, instance
from dagster_project.lib.nights import replay


def main(arguments: list[str]) -> int:
    settings = settings_module.load()
    instance.prepare(settings)
    home = settings.home.parent / "nights" / settings.profile
    shutil.rmtree(home, ignore_errors=True)
    replayed = dataclasses.replace(settings, home=home)
    results = list(replay(replayed, nights=int(arguments[0]) if arguments else 10))
    headline.show(replayed)
    return 0 if all(result.status == "published" for result in results) else 1


if __name__ == "__main__":
    end(lambda: main(sys.argv[1:]))
