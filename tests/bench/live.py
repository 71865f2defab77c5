"""`make bench-live`: the small refresh over 22 sources that run as servers here, and its part of docs/bench.md.

`python -m tests.bench.live --minutes 5`. The loop runs as `make live` would; how old its figures get is read from the
file that it publishes, at the moment each is replaced by the next.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from starlette.responses import Response

from dagster_project.lib.progress import say_line
from dagster_project.settings import REPOSITORY, Settings
from tests.bench import report_live
from tests.bench.__main__ import PAGE
from tests.servers.running import LAST, Running, running

PROFILE = Path(__file__).with_name("live_profile")
DAYS, ORDERS_A_DAY = 20, 400
SETTLING = 2  # rounds at first, in which all that is there is fetched
CASES: dict[str, Callable[[str, str], Any]] = {
    "all answer": lambda source, name: None,
    "one warehouse hangs": lambda source, name: asyncio.sleep(600) if source == "wms_c" else None,
    "one warehouse is dead": lambda source, name: Response(status_code=503) if source == "wms_c" else None,
}
WRONG = "wms_c"
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    parser = argparse.ArgumentParser(description="How old the figures of the small refresh get.")
    parser.add_argument("--minutes", type=float, default=5, help="of rounds in which all answer")
    parser.add_argument("--page", type=Path, default=PAGE)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"raced_at": datetime.now(UTC).isoformat(timespec="minutes")}
    with tempfile.TemporaryDirectory(prefix="true_on_time_") as folder:
        say_line(f"a company of {DAYS} days with {ORDERS_A_DAY} orders a day is made and started")
        with running(Path(folder), DAYS, ORDERS_A_DAY, PROFILE) as company:
            company.systems.store(LAST - timedelta(hours=12))
            for number, (case, trouble) in enumerate(CASES.items()):
                company.systems.trouble = CASES["all answer"]
                home = company.loop_home(f"home_{number}", PROFILE)
                share = 1 if number == 0 else 0.4  # what is asked is asked of the first
                results[case] = _measured(company, home, trouble, arguments.minutes * 60 * share)
                say_line(f"{case}: {results[case]}")
    document = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else ""
    section = report_live.section(results)
    arguments.page.write_text(report_live.placed(document, section), encoding="utf-8")
    sys.stdout.write(f"\n{section}\nwritten to {arguments.page}\n")
    return 0


def _measured(
    company: Running, home: Settings, trouble: Callable[[str, str], Any], seconds: float
) -> dict[str, Any]:
    """What the loop does while the company goes on, six minutes of its time in a minute."""
    over = threading.Event()
    file = home.published_file.parent / "current.duckdb"
    environment = home.environment() | {"TRUE_ON_TIME_AS_OF": LAST.isoformat(), "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, "-m", "dagster_project.commands.live"],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
        reading.start()
        going = threading.Thread(target=_go_on, args=(company, over), daemon=True)
        going.start()
        try:
            seen = _watched(file, process, trouble, company, seconds)
        finally:
            over.set()
            process.terminate()
            process.wait(timeout=60)
            reading.join()
            going.join()
    return seen


def _go_on(company: Running, over: threading.Event) -> None:
    at = LAST - timedelta(hours=12)
    while not over.wait(10):
        at += timedelta(minutes=1)
        company.systems.show(at)


def _watched(
    file: Path,
    process: "subprocess.Popen[str]",
    trouble: Callable[[str, str], Any],
    company: Running,
    seconds: float,
) -> dict[str, Any]:
    """Each file the loop publishes: when it came and went, and the oldest figure of it."""
    ages: list[float] = []
    own_ages: list[float] = []
    runs: list[tuple[float, int]] = []
    last: tuple[int, int] | None = None
    oldest: tuple[datetime | None, datetime | None] = (None, None)
    began = cpu = 0.0
    rows = (0, 0)
    while not began or time.monotonic() < began + seconds:
        time.sleep(0.1)
        if process.poll() is not None:
            raise RuntimeError("the loop has ended")
        if not file.exists() or (state := _state(file)) == last:
            continue
        now = datetime.now(UTC)
        if runs and len(runs) > SETTLING and last and oldest[0]:
            ages.append((now - oldest[0]).total_seconds())
            if oldest[1]:
                own_ages.append((now - oldest[1]).total_seconds())
        last = state
        oldest, took, well, rows = _read(file)
        runs.append((took, well))
        if len(runs) == SETTLING + 1:
            began, cpu = time.monotonic(), _cpu(process.pid)
            company.systems.trouble = trouble
    measured = runs[SETTLING + 1 :]
    spent = _cpu(process.pid) - cpu
    return {
        "rounds": len(measured),
        "seconds": round(median(took for took, _ in measured), 2),
        "slowest": round(max(took for took, _ in measured), 2),
        "cpu": round(spent / max(1, len(measured)), 2),
        "share": round(spent / (time.monotonic() - began), 3),
        "oldest": round(max(ages), 1),
        "usual": round(median(ages), 1),
        "wrong": round(max(own_ages), 1) if own_ages else None,
        "well": min(well for _, well in measured),
        "stock": rows[0],
        "tracks": rows[1],
    }


def _state(file: Path) -> tuple[int, int]:
    state = file.stat()
    return state.st_ino, state.st_mtime_ns


def _read(file: Path) -> tuple[tuple[datetime | None, datetime | None], float, int, tuple[int, int]]:
    """The oldest figure of the sources that are right and of the one that is not; how the round went."""
    with duckdb.connect() as reader:
        reader.execute(f"ATTACH '{file}' AS small (READ_ONLY)")
        found = reader.execute(
            """
            SELECT least(min(seen_at) FILTER (connection <> $1),
                    (SELECT min(seen_at) FROM small.live.tracks WHERE connection <> $1)),
                min(seen_at) FILTER (connection = $1), any_value(seconds), any_value(sources_well), count(*),
                (SELECT count(*) FROM small.live.tracks)
            FROM small.live.stock, small.live.run
            WHERE connection = $1 OR in_transfer = 0
            """,
            [WRONG],
        ).fetchone()
    assert found is not None
    return (found[0], found[1]), found[2], found[3], (found[4], found[5])


def _cpu(pid: int) -> float:
    """Processor seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


if __name__ == "__main__":
    sys.exit(main())
