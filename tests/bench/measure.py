"""One contender in a process of its own: how long, how much processor, how much memory.

Belongs here: starting, watching and waiting. Not here: what is run (race.py), or what the figures say (report.py).
"""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.1
TOLD_LINES = 30


@dataclass(frozen=True)
class Measured:
    """Of one process from start to end, its children included; `tree_mb` is what all of them held at once."""

    wall: float
    cpu: float
    peak_mb: float
    tree_mb: float


class ContenderFailedError(RuntimeError):
    """A contender ended with an error; the message is the end of what it said."""


def run(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Measured:
    """Run a command to its end; what it says goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        began = time.monotonic()
        child = subprocess.Popen(
            command,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        watch = _Watch(child.pid)
        watch.start()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
    if child.returncode:
        end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TOLD_LINES:])
        raise ContenderFailedError(f"{' '.join(command)} ended with {child.returncode}:\n{end}")
    peak = used.ru_maxrss / 1024
    return Measured(wall, used.ru_utime + used.ru_stime, peak, max(peak, watch.peak_mb))


class _Watch(threading.Thread):
    """Adds up the memory of all processes of a session, now and then, and keeps the most there was."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session = session
        self.peak_mb = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        page_mb = os.sysconf("SC_PAGE_SIZE") / 2**20
        while not self.ended.wait(SECONDS_BETWEEN_LOOKS):
            self.peak_mb = max(self.peak_mb, page_mb * sum(self._pages()))

    def stop(self) -> None:
        self.ended.set()
        self.join()

    def _pages(self) -> list[int]:
        """Resident pages of each process of the session; one that has just ended is none."""
        pages = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.session:
                pages.append(int(fields[21]))
        return pages
