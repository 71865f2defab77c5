"""The loop: what is due is fetched, a round makes the small file of it, over and over.

Belongs here: the rhythm, the lock, and who waits for whom. It opens no database, so that its forks begin clean: fetches
and rounds are processes of their own, and one that hangs or dies takes nothing along. What a round does is in round.
"""

import gc
import math
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from dagster_project import sources
from dagster_project.connectors.fetch import State, read_state
from dagster_project.connectors.together import FORKS, Fetches, end_with_parent
from dagster_project.disk import replace_text
from dagster_project.live.round import VERSION, Round
from dagster_project.live.small_file import comments
from dagster_project.live.told import Asked, Made
from dagster_project.settings import Settings
from dagster_project.sources.connections import Connection
from dagster_project.sources.entities import STOCK

PATIENCE = 2.0  # seconds for which what has come waits for the rest; a later round takes that
DEADLINE = timedelta(seconds=30)  # of a fetch: what hangs is asked anew
ROUND_SECONDS = 60  # after which a round is ended
WITHOUT_NIGHT = timedelta(days=1)  # how far back tracks are asked for at first, where no night says
TRACKS_KEPT = timedelta(days=3)
BEFORE_NIGHT = timedelta(hours=1)  # what may have come late to the night
POLL_SECONDS = 0.02


class LoopRefusedError(RuntimeError):
    """The loop cannot begin, with the reason."""


@dataclass
class _Due:
    """A connection and when it is fetched next, by the monotonic clock."""

    connection: Connection
    every: float
    at: float = 0.0


class Loop:
    """The small refresh of one profile.

    `say` takes a line a round. AS_OF stands for the time of day where it is set, as in a replay.

    Raises:
        LoopRefusedError: the profile has nothing with a rhythm of its own.
        sources.ProfileError: it has mistakes.
    """

    def __init__(self, settings: Settings, say: Callable[[str], object] = print) -> None:
        whole = sources.load_profile(settings.profile_dir)
        if whole.live is None:
            raise LoopRefusedError(
                f"profile {settings.profile} has nothing to refresh: write `refresh: 10s` at tables of its connections"
            )
        self.settings, self.say = settings, say
        self.profile = whole.live
        self.folder = settings.home / "live"
        self.source_dir = self.folder / "source"
        self.stopping = threading.Event()
        self.rounds = 0
        start = self._start()
        self.due = [self._due(connection, start) for connection in self.profile.connections]
        self.rhythm = min(one.every for one in self.due)

    def run(self, once: bool = False) -> Made | None:
        """Go round until told to stop, or once.

        Returns:
            What the last round made, None if it failed.

        Raises:
            LoopRefusedError: another loop of this profile runs.
        """
        made = None
        with self._alone():
            self._forget_other_profile()
            comments()  # read once, for all rounds
            gc.collect()
            gc.freeze()  # what was made so far stays: looking through it in each fork would copy it
            fetches = Fetches(self.profile, self.source_dir, self.folder, lambda line: None)
            for due in self.due:
                due.at = 0.0
            try:
                while not self.stopping.is_set():
                    ended = self._await(fetches, is_once=once)
                    if not self.stopping.is_set():
                        made = self._round(ended, fetches)
                    if once:
                        break
            finally:
                fetches.stop()
        return made

    def stop(self, *_: Any) -> None:
        """End after the round that is under way; also a handler of signals."""
        self.stopping.set()

    def stop_by_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.folder / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise LoopRefusedError(
                f"another small refresh of {self.settings.profile} runs: end it, or leave it be"
            ) from error

    def _await(self, fetches: Fetches, is_once: bool) -> list[State]:
        """Start what is due until there is something to make a round of: all that was asked, or what came by now."""
        began = time.monotonic()
        # each is ended when it is late: one round alone can wait for all
        longest = math.inf if is_once else self.rhythm + PATIENCE
        ended: list[State] = []
        first = 0.0
        self._start_due(fetches)
        while not self.stopping.wait(POLL_SECONDS):
            came = fetches.ended()
            now = time.monotonic()
            first = first if ended else now
            ended += came
            if (ended and not fetches.running) or now > began + longest:
                break
            if not is_once:
                if ended and now > first + PATIENCE:
                    break
                self._start_due(fetches)
        return ended

    def _start_due(self, fetches: Fetches) -> None:
        now = time.monotonic()
        running = {one.connection.name for one in fetches.running}
        idle = [due for due in self.due if due.connection.name not in running]
        if not any(due.at <= now for due in idle):
            return
        for due in idle:
            if due.at <= now + self.rhythm / 10:  # who is nearly due goes along: one round for all
                fetches.start(due.connection)
                due.at = now + due.every

    def _round(self, ended: list[State], fetches: Fetches) -> Made | None:
        """A round in a process of its own; None if it failed."""
        self.rounds += 1
        answered = {state.name for state in ended}
        waiting = {one.connection.name: one.seconds for one in fetches.running}
        asked = [
            Asked(
                due.connection,
                read_state(self.folder, due.connection),
                due.connection.name in answered,
                waiting.get(due.connection.name),
            )
            for due in self.due
        ]
        receiving, sending = FORKS.Pipe(duplex=False)
        doing = Round(self.settings, self.profile, asked, self.rounds == 1, TRACKS_KEPT)
        process = FORKS.Process(target=_do, args=(doing, sending), daemon=True)
        process.start()
        sending.close()
        told: Made | str = "it was ended"
        try:
            if receiving.poll(ROUND_SECONDS):
                told = receiving.recv()
        except EOFError:
            pass
        process.join(1)
        process.kill()
        process.join()
        if isinstance(told, str):
            self.say(f"round failed: {told}; what was published before stays")
            self.rounds = 0  # whatever it was: the next one looks at everything anew
            return None
        self.say(str(told))
        for line in told.said:
            self.say(f"  {line}")
        return told

    def _due(self, connection: Connection, start: datetime) -> _Due:
        """A connection as the loop fetches it: soon ended, seldom insisting, tracks from where the night ends."""
        pulls = []
        for pull in connection.pulls:
            is_stock = self.profile.contract(connection.source, pull.table) in self._stock_contracts
            pulls.append(replace(pull, brings_all=pull.is_whole, first=None if is_stock else start))
        every = min(pull.refresh for pull in connection.pulls if pull.refresh)
        return _Due(
            replace(
                connection,
                pulls=tuple(pulls),
                every=every,
                deadline=min(connection.deadline, DEADLINE),
                settings={**connection.settings, **({"retries": 1} if connection.kind == "rest" else {})},
            ),
            every.total_seconds(),
        )

    @property
    def _stock_contracts(self) -> list[Any]:
        return [self.profile.contract(*table) for feed in self.profile.feeds[STOCK] for table in feed.tables]

    def _start(self) -> datetime:
        """From when on tracks are asked for at first."""
        now = self.settings.as_of or datetime.now(UTC)
        file = self.settings.published_file
        if not file.exists():
            return now - WITHOUT_NIGHT
        with duckdb.connect(str(file.resolve()), read_only=True) as night:
            ((as_of,),) = night.execute("SELECT as_of FROM meta.run").fetchall()
        return max(as_of.astimezone(UTC) - BEFORE_NIGHT, now - TRACKS_KEPT)

    def _forget_other_profile(self) -> None:
        """What was made by another state of the profile, or another version of this, is fetched anew."""
        mark = self.folder / "made_by"
        fingerprint = f"{VERSION} {sources.fingerprint(self.settings.profile_dir)}"
        if mark.exists() and mark.read_text(encoding="utf-8") == fingerprint:
            return
        for name in ("source", "sources"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for file in self.folder.glob("build.duckdb*"):
            if file.is_file():
                file.unlink()
        replace_text(mark, fingerprint)


def _do(doing: Round, sending: Pipe) -> None:
    end_with_parent()
    told: Made | str
    try:
        told = doing.do()
    except Exception as error:
        told = " ".join(str(error).split()) or type(error).__name__
    sending.send(told)
    sending.close()
