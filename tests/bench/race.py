"""One size of the bench: the files made, the contenders in turn, round after round, and their figures compared.

Belongs here: who runs, on what, in which order. Not here: how a process is measured (measure.py), what the figures
must be (compare.py), or how it reads (report.py).
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dagster_project.lib import nights
from dagster_project.settings import KEPT_VERSIONS, REPOSITORY, Settings
from tests.bench import browser, company, compare, measure, script
from tests.homes import settings_for

PROFILE = Path(__file__).parent / "profile"
ZONE = ZoneInfo("Asia/Shanghai")
SEED = 7
RIVALS = {"by_polars": "polars", "by_pandas": "pandas"}  # each with the package it is written in
REBUILD_BYTES, NIGHTS_BYTES = 6_000, 12_000  # on disk for each order: files, what is built of them, versions
WARM_NIGHTS = KEPT_VERSIONS  # until there is an old version to publish into
RIVALS_ORDERS = 1_000_000  # above, their tables do not fit into the memory of a machine like the product's


@dataclass(frozen=True)
class Entry(measure.Measured):
    """One run of one contender. `startup` is part of `wall`; the product tells where the rest went, and when it had
    published.
    """

    startup: float
    published: float = 0.0
    phases: dict[str, float] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)


class OtherFiguresError(AssertionError):
    """The contenders do not agree, so their speed says nothing; the message holds each difference."""


class Race:
    """All rounds of one size."""

    def __init__(self, folder: Path, orders: int, orders_a_day: int, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.orders = orders
        self.orders_a_day = orders_a_day
        self.say = say
        self.source = folder / "source"
        self.runs: dict[str, list[Entry]] = {}

    def run(self, rounds: int) -> dict[str, Any]:
        """Race, compare, ask the pages' queries; what came of it, for the report.

        Raises:
            OtherFiguresError: after the first round, or at the end if the nights do not add up to a rebuild.
        """
        self._make_source()
        days = nights.drop_dates(self.source)
        scripts = self._scripts()
        has_nights = self._has_room_for_nights()
        if has_nights:
            grown = self._grow(days[-rounds - 1 - WARM_NIGHTS : -rounds])
        for number, day in enumerate(days[-rounds:], 1):
            self.say(f"{self.orders:,} orders, round {number} of {rounds}")
            self._enter("scan", self._script("scan"))
            if "by_hand" in scripts:
                self._enter("by_hand", self._script("by_hand"))
            rebuilt = self._home("rebuild", self.source)
            shutil.rmtree(rebuilt.home, ignore_errors=True)
            self._enter("rebuild", self._product(rebuilt, days[-1], "rebuild"))
            if has_nights:
                nights.stage(self.source, grown.source_dir, day)
                self._enter("night", self._product(grown, day))
                self._enter("idle", self._product(grown, day))
            for name in RIVALS:
                if name in scripts:
                    self._enter(name, self._script(name))
            if number == 1:
                _require_none(
                    f"{name}: {line}"
                    for name in scripts
                    for line in compare.with_script(rebuilt.published_file, self._out(name))
                )
        if has_nights:
            _require_none(
                f"night by night: {line}"
                for line in compare.with_published(rebuilt.published_file, grown.published_file)
            )
        return {
            "orders": self.orders,
            "orders_a_day": self.orders_a_day,
            "days": len(days),
            "megabytes": round(sum(file.stat().st_size for file in self.source.rglob("*.parquet")) / 2**20),
            "raced_at": datetime.now(UTC).isoformat(timespec="minutes"),
            "runs": {name: [asdict(entry) for entry in entries] for name, entries in self.runs.items()},
            **self._pages(rebuilt.published_file),
        }

    def pages_alone(self) -> dict[str, Any]:
        """What the pages take on a history built for it, and nothing else; for the report, beside an earlier race."""
        self._make_source()
        rebuilt = self._home("rebuild", self.source)
        shutil.rmtree(rebuilt.home, ignore_errors=True)
        self._product(rebuilt, nights.drop_dates(self.source)[-1], "rebuild")
        return self._pages(rebuilt.published_file)

    def _make_source(self) -> None:
        """The files, unless they are there, made by the generator as it is now."""
        made_by = self.folder / "made_by.json"
        text = b"".join(file.read_bytes() for file in (Path(company.__file__), *company.SQL))
        recipe = json.dumps([self.orders, self.orders_a_day, SEED, hashlib.sha256(text).hexdigest()])
        if made_by.is_file() and made_by.read_text(encoding="utf-8") == recipe:
            return
        self.say(f"{self.orders:,} orders: making the files")
        shutil.rmtree(self.folder, ignore_errors=True)
        company.generate(self.source, self.orders, SEED, self.orders_a_day)
        made_by.write_text(recipe, encoding="utf-8")

    def _scripts(self) -> list[str]:
        """The scripts that take part; one that is not written yet, lacks its package or is too small for the size is
        said.
        """
        taking_part = []
        for name in ("by_hand", *RIVALS):
            if not script.is_there(name):
                self.say(f"left out: there is no tests/bench/{name}.py yet")
            elif name in RIVALS and not script.is_installed(RIVALS[name]):
                self.say(f"left out: {name}, because {RIVALS[name]} is not installed: make setup installs it")
            elif name in RIVALS and self.orders > RIVALS_ORDERS:
                self.say(f"left out: {name}, only up to {RIVALS_ORDERS:,} orders")
            else:
                taking_part.append(name)
        return taking_part

    def _has_room_for_nights(self) -> bool:
        free = shutil.disk_usage(self.folder).free
        needed = self.orders * (REBUILD_BYTES + NIGHTS_BYTES)
        if free < needed:
            self.say(
                f"left out: the nights, for they need {needed / 1e9:,.0f} GB of disk, {free / 1e9:,.0f} are free"
            )
        return free >= needed

    def _grow(self, days: Sequence[date]) -> Settings:
        """A home that has seen all drops up to the first of these days at once, and the others night by night."""
        staged = self.folder / "staged"
        shutil.rmtree(staged, ignore_errors=True)
        grown = self._home("nights", staged)
        shutil.rmtree(grown.home, ignore_errors=True)
        for day in days:
            self.say(f"{self.orders:,} orders: the home of the nights, up to {day}")
            nights.stage(self.source, staged, day)
            self._product(grown, day)
        return grown

    def _home(self, name: str, source: Path) -> Settings:
        return settings_for(PROFILE, self.folder / name, source)

    def _product(self, home: Settings, day: date, *arguments: str) -> Entry:
        """`make run`, as of the end of a day."""
        measured = measure.run(
            [sys.executable, "-m", "dagster_project.commands.run", *arguments],
            {
                "PYTHONPATH": str(REPOSITORY),
                "TRUE_ON_TIME_PROFILE": str(home.profile_dir),
                "TRUE_ON_TIME_SOURCE": str(home.source_dir),
                "TRUE_ON_TIME_DATA": str(home.home.parent),
                "TRUE_ON_TIME_AS_OF": nights.end_of_day(day, ZONE).isoformat(),
            },
            self.folder / "logs" / f"{home.home.parent.name}.log",
        )
        told = json.loads(home.timings_file.read_text(encoding="utf-8"))
        return Entry(
            **asdict(measured),
            startup=told["startup_seconds"],
            published=told["seconds"],
            phases=told["phases"],
            models=told["models"],
        )

    def _script(self, name: str) -> Entry:
        out = self._out(name)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.unlink(missing_ok=True)
        as_of = company.end_of_history().isoformat()
        measured = self._child("script", name, name, str(self.source), as_of, str(out))
        startup = json.loads(script.startup(out).read_text(encoding="utf-8"))
        return Entry(**asdict(measured), startup=startup)

    def _pages(self, published: Path) -> dict[str, Any]:
        """The pages' queries; and the pages in Chromium, where the history has the months for it."""
        told = {}
        for module in ("pages", *(("browser",) if self._has_months() else ())):
            self.say(
                f"{self.orders:,} orders: {'the pages in Chromium' if module == 'browser' else 'their queries'}"
            )
            out = self._out(module).with_suffix(".json")
            out.parent.mkdir(parents=True, exist_ok=True)
            self._child(module, module, str(published), str(out))
            told[module] = json.loads(out.read_text(encoding="utf-8"))
        return told

    def _has_months(self) -> bool:
        """Whether each try can ask for a month of its own, and there is a browser to ask with."""
        months = len({day.replace(day=1) for day in nights.drop_dates(self.source)})
        if shutil.which("chromium") is None:
            self.say("left out: the pages in Chromium, for there is none")
        return months >= browser.LEAST_MONTHS and shutil.which("chromium") is not None

    def _child(self, module: str, log: str, *arguments: str) -> measure.Measured:
        command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
        return measure.run(command, {"PYTHONPATH": str(REPOSITORY)}, self.folder / "logs" / f"{log}.log")

    def _out(self, name: str) -> Path:
        return self.folder / "out" / f"{name}.duckdb"

    def _enter(self, name: str, entry: Entry) -> None:
        self.runs.setdefault(name, []).append(entry)
        self.say(
            f"  {name:10} {entry.wall:8.1f} s, of it start-up {entry.startup:5.1f} s; {entry.tree_mb:7,.0f} MB"
        )


def _require_none(differences: Iterable[str]) -> None:
    lines = list(differences)
    if lines:
        raise OtherFiguresError("\n".join(lines))
