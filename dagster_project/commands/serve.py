"""`make dagster`: web page and daemon under one supervisor, which first ends the runs a kill left behind.

Dagster must not be started as a shell's background job: it would then ignore the signals that stop it. So
this process starts both, passes on SIGTERM and SIGINT, and when one of them ends it ends the other.
"""

import signal
import subprocess
import sys
import time
from types import FrameType

from dagster_project import settings as settings_module
from dagster_project.ending import end
from dagster_project.lib import instance, models
from dagster_project.lib.progress import say_line

GRACE_SECONDS = 20


def main() -> int:
    settings = settings_module.load()
    instance.prepare(settings)
    import dagster as dg  # after DAGSTER_HOME is set

    from dagster_project.lib.liveness import reap

    with dg.DagsterInstance.get() as home:
        for run_id in reap(home, settings):
            say_line(f"run {run_id} had died without a word; it is marked as failed")
    models.manifest(settings)  # once, so that page and daemon need not each make it
    module = ["-m", "dagster_project.definitions"]
    commands = [
        [sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(settings.port), *module],
        [sys.executable, "-m", "dagster._daemon", "run", *module],
    ]
    return supervise(
        commands, f"Dagster: http://127.0.0.1:{settings.port} (its schedule is on; Ctrl-C ends it)"
    )


def supervise(commands: list[list[str]], ready: str) -> int:
    """Run the commands until one ends or a signal comes; then end all. Returns 0 if a signal ended it."""
    asked = False

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    # set, not inherited: a parent shell may have told us to ignore them
    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    children = [subprocess.Popen(command) for command in commands]
    say_line(ready)
    while not asked and all(child.poll() is None for child in children):
        time.sleep(0.5)
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if asked else 1


if __name__ == "__main__":
    end(main)
