"""Where a night's time went: `timings.json` in the profile's home, written anew at the end of every night.

Belongs here: counting seconds by phase. Not here: the lines a night says of itself (progress.py).
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from dagster_project.lib.progress import STARTED

PHASE_OF_STEP = {
    "collect": "fetching",
    "land": "landing",
    "canonical": "landing",
    "check": "quality",
    "build": "models",
    "publish": "publishing",
}
STAT = Path("/proc/self/stat")


class Timings:
    """Seconds of one night, by phase and by model. Start-up is what passes before work begins: the interpreter,
    imports, loading the definitions, dbt reading its project.
    """

    counted: ClassVar[float] = 0.0  # of this process, by the nights before this one

    def __init__(self) -> None:
        self.before = Timings.counted
        self.startup = since_process_start() - self.before
        self.phases = dict.fromkeys(PHASE_OF_STEP.values(), 0.0)
        self.models: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count a block to the phase of a step, whatever becomes of it."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases[PHASE_OF_STEP[name]] += time.monotonic() - began

    def startup_in(self, phase: str) -> Callable[[], None]:
        """What passes from here to the call of what is handed back is start-up, not the phase's own time."""
        asked = time.monotonic()

        def begun() -> None:
            waited = time.monotonic() - asked
            self.startup += waited
            self.phases[phase] -= waited

        return begun

    def write(self, file: Path) -> None:
        """`seconds` is the whole night; what neither start-up nor a phase holds passed between the steps."""
        Timings.counted = since_process_start()
        content = {
            "seconds": round(Timings.counted - self.before, 3),
            "startup_seconds": round(self.startup, 3),
            "phases": {name: round(value, 3) for name, value in self.phases.items()},
            "models": {name: round(value, 3) for name, value in self.models.items()},
        }
        draft = file.with_suffix(".json.tmp")
        draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
        os.replace(draft, file)


def since_process_start() -> float:
    """Seconds since the system started this process; where it does not say, since our first import."""
    if not STAT.is_file():
        return time.monotonic() - STARTED
    ticks = STAT.read_text(encoding="utf-8").rpartition(")")[2].split()[19]  # starttime, in ticks since boot
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(ticks) / os.sysconf("SC_CLK_TCK")
