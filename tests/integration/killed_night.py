"""A night in a process of its own that is killed at a named point: `python -m integration.killed_night
<point>`.

The settings come from the environment. Points inside a step are reached by what the step calls on its way.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dagster_project import settings as settings_module
from dagster_project.lib import blocks, models, quality
from dagster_project.lib.night import run_night
from dagster_project.sources import ledger

# points that a night tells of itself, each the n-th time it is told
TOLD = {"landed": 3, "models started": 1, "models built": 1, "checked marts": 1}
TOLD |= {"completed": 1, "copied": 1, "swapped": 1}


def die(*_: Any, **__: Any) -> None:
    """Now, as a power cut would: nothing is closed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)


def dies_at(point: str) -> Callable[[str], None]:
    times = 0

    def reached(here: str) -> None:
        nonlocal times
        times += here == point
        if here == point and times == TOLD[point]:
            die()

    return reached


def arrange(point: str) -> None:
    """Points that no step tells of: half way through a table, through dbt, through the checks, through a copy of the
    whole file, through the blocks of an older one."""
    if point == "inside landing":
        ledger.write_load = die  # the rows are written, the transaction is open
    elif point == "inside dbt":
        models.Progress.__call__ = _die_after(20)
    elif point == "inside the checks":
        quality.record = die
    elif point == "inside the copy":
        blocks.shutil = SimpleNamespace(copyfile=_copy_half)
    elif point == "inside the patch":
        os.environ["TRUE_ON_TIME_KEEP_VERSIONS"] = "2"  # so that the test's older copy is one to take
        os.pwrite = _die_after(3, os.pwrite, _write_half)
    elif point not in TOLD:
        raise ValueError(f"no such point: {point}")


def _copy_half(source: Path, target: Path) -> None:
    content = source.read_bytes()
    target.write_bytes(content[: len(content) // 2])
    die()


def _write_half(descriptor: int, block: bytes, at: int, write: Callable[..., int] = os.pwrite) -> None:
    """A block under its new checksum, the rest of it as it was."""
    write(descriptor, block[: len(block) // 2], at)
    die()


def _die_after(
    calls: int, original: Callable[..., Any] | None = None, last: Callable[..., None] = die
) -> Callable[..., Any]:
    made = 0

    def counted(*given: Any, **more: Any) -> Any:
        nonlocal made
        made += 1
        if made > calls:
            last(*given, **more)
        return original(*given, **more) if original else None

    return counted


if __name__ == "__main__":
    (wanted,) = sys.argv[1:]
    arrange(wanted)
    tells = dies_at(wanted) if wanted in TOLD else lambda _: None
    run_night(settings_module.load(), with_quality="check" in wanted, reached=tells)
