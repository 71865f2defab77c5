"""The writer's side of a run, from the lock to how it ended: what the steps of a night work in.

Belongs here: the lock, the one connection, the run's beginning and end. Not here: what is done in between (steps.py).
"""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from dagster_project import sources
from dagster_project.lib import models, publish, runs, warehouse, webhook
from dagster_project.lib.memory import LANDING_MEMORY, REBUILD_MEMORY
from dagster_project.lib.progress import Say, say_line
from dagster_project.lib.timings import Timings
from dagster_project.settings import Settings


class NightFailedError(RuntimeError):
    """The night cannot go on; the published file is untouched."""


class Writer:
    """One run: holds the lock from entry to exit, a connection except while dbt or checks run.

    `as_of` wins over the settings'; `clock` is what a profile that goes by the clock reads instead of the time of
    day. `reached` is told each point the night comes to.
    """

    def __init__(
        self,
        settings: Settings,
        run_id: str | None = None,
        as_of: datetime | None = None,
        rebuild: bool = False,
        with_quality: bool = True,
        say: Say = say_line,
        reached: Callable[[str], None] = lambda point: None,
        lock_timeout_seconds: float = 0,
        clock: datetime | None = None,
    ) -> None:
        self.settings = settings
        self.run_id = run_id or uuid.uuid4().hex
        self.asked_as_of = as_of or settings.as_of
        self.clock = clock
        self.rebuild = rebuild
        self.with_quality = with_quality
        self.say = say
        self.reached = reached
        self.lock_timeout_seconds = lock_timeout_seconds
        self.loads: dict[tuple[str, str], sources.Load] = {}
        self.blocked: list[str] = []
        self.error = ""
        self.published: Path | None = None
        self.timings = Timings()
        self.is_built = False
        self._run: runs.Run | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(warehouse.build_lock(self.settings, self.run_id, self.lock_timeout_seconds))
        try:
            self._begin()
        except BaseException as error:
            self.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is not None and not self.error:
                self.error = str(error) or type(error).__name__
            self.finish()
        finally:
            self._release()
            self._stack.close()

    @property
    def run(self) -> runs.Run:
        if self._run is None:
            raise NightFailedError("the run has not begun")
        return self._run

    def _begin(self) -> None:
        self.profile = sources.load_profile(self.settings.profile_dir)
        connection = self._open()
        sources.prepare(connection, self.profile, self.settings.source_dir)
        if self.rebuild:
            self._require_loaded_files(connection)
        as_of = self.asked_as_of or (
            (self.clock or warehouse.now()) if self.profile.as_of == "clock" else None
        )
        published = publish.published_run(self.settings)
        self._run = runs.begin_run(
            connection,
            run_id=self.run_id,
            as_of=as_of,
            fingerprint=self._fingerprint(),
            profile={
                "timezone": self.profile.timezone,
                "fixed_offset_seconds": sources.fixed_offset_seconds(self.profile.timezone),
                "promise_limit": self.profile.promise_limit,
                "sign_rule": self.profile.sign_rule,
                "standards_from": self.profile.standards,
                "has_receipts": self.profile.has("receipts"),
                "has_erp": self.profile.has_event("erp_shipped"),
                "has_pick_lines": self.profile.has("pick_lines"),
                "has_wishes": self.profile.has_column("orders", "wished_date")
                or self.profile.has_column("suborders", "wished_date"),
                "has_complaints": self.profile.has_event("complaint_ticket")
                or self.profile.has_event("not_received_ticket"),
            },
            rebuild=self.rebuild,
            published=published,
        )
        if not self._run.is_full_refresh:
            connection.execute(f"set memory_limit = '{LANDING_MEMORY}'")
        if self.rebuild:
            sources.reset(connection)
            sources.prepare(connection, self.profile, self.settings.source_dir)
        self.say(f"night {self._run.run_number} of {self.settings.profile} begins")

    def finish(self) -> None:
        """Write how the run ended to `meta.runs` and status.json; a run of part of the assets leaves the latter."""
        status, message = self.status, self.message
        if self._run is not None:
            connection = self._open()
            if self.published:
                runs.mark(connection, self.run, "published_at", "published")
            runs.finish_run(connection, self.run, status, message)
        if status != "partial":
            self.timings.write(self.settings.timings_file)
            number = self._run.run_number if self._run else None
            publish.write_status(self.settings, number, self.run_id, status, message)
        if status in ("blocked", "failed"):
            self.say(f"night {status}: {message}\nwhat was published before stays in place")
            webhook.post(self.settings, status, message, self.say)

    @property
    def status(self) -> str:
        """'published', 'blocked', 'failed', or 'partial' if only some assets were asked for."""
        return self._outcome()[0]

    @property
    def message(self) -> str:
        """Why it is not published, or what it was published without."""
        return self._outcome()[1]

    def _outcome(self) -> tuple[str, str]:
        if self.published:
            refused = [refusal.file for load in self.loads.values() for refusal in load.refused]
            return (
                "published",
                f"without {len(refused)} refused files: {', '.join(refused)}" if refused else "",
            )
        if self.blocked:
            return "blocked", "; ".join(self.blocked)
        if self.error:
            return "failed", self.error
        return "partial", "only part of the night was asked for"

    def _fingerprint(self) -> str:
        parts = sources.fingerprint(self.settings.profile_dir) + models.fingerprint()
        return hashlib.sha256(parts.encode()).hexdigest()

    def _require_loaded_files(self, connection: duckdb.DuckDBPyConnection) -> None:
        rows = connection.execute("select distinct file from meta.files where status = 'loaded'").fetchall()
        gone = [file for (file,) in rows if not (self.settings.source_dir / file).is_file()]
        if gone:
            raise NightFailedError(
                f"a rebuild would lose data: {len(gone)} files that were loaded are no longer in"
                f" {self.settings.source_dir}, {gone[0]} among them. Bring them back, then rebuild."
            )

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            is_whole = self._run is None or self._run.is_full_refresh
            memory = REBUILD_MEMORY if is_whole else LANDING_MEMORY
            self._connection = warehouse.connect(self.settings, memory=memory)
        return self._connection

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
