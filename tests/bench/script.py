"""A script in a process of its own: `python -m tests.bench.script by_hand SOURCE AS_OF OUT`.

Belongs here: starting one, and saying how long it took to start. Not here: the scripts (by_hand.py, scan.py, …), each
with `run(source, as_of, out)`.
"""

import importlib
import importlib.util
import json
import sys
from datetime import datetime
from pathlib import Path

from dagster_project.lib.timings import since_process_start


def is_there(name: str) -> bool:
    return importlib.util.find_spec(f"tests.bench.{name}") is not None


def is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def startup(out: Path) -> Path:
    """Where a script's start-up seconds are written."""
    return out.with_suffix(".startup.json")


def main(name: str, source: str, as_of: str, out: str) -> None:
    script = importlib.import_module(f"tests.bench.{name}")
    startup(Path(out)).write_text(json.dumps(since_process_start()), encoding="utf-8")
    script.run(Path(source), datetime.fromisoformat(as_of), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
