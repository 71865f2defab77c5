"""`make live`: stock and tracks over and over, into the small file beside the night's; `ONCE=1`: one round.

`python -m dagster_project.commands.live [once]`. Exit code 1: it could not begin, or the one round failed.
"""

import sys

from dagster_project import settings as settings_module
from dagster_project.ending import end
from dagster_project.lib.progress import say_line
from dagster_project.live.loop import Loop, LoopRefusedError


def main(arguments: list[str]) -> int:
    settings = settings_module.load()
    once = "once" in arguments
    try:
        loop = Loop(settings, say_line)
        loop.stop_by_signals()
        made = loop.run(once)
    except LoopRefusedError as refused:
        say_line(str(refused))
        return 1
    return 1 if once and made is None else 0


if __name__ == "__main__":
    end(lambda: main(sys.argv[1:]))
