"""The steps of a night, and what they share: the lock, one connection, the run's place in `meta.runs`.

Belongs here: the order that steps insist on, and how a night ends. Not here: what a step does (warehouse,
models, quality, publish, sources), or who calls it (night.py, defs/).
"""

import functools
import hashlib
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, Self, TypeVar, cast

import duckdb

from dagster_project import sources
from dagster_project.connectors.fetch import State
from dagster_project.lib import expectations, models, publish, quality, warehouse, webhook
from dagster_project.lib.collect import collect
from dagster_project.lib.progress import Say, say_line, seconds
from dagster_project.lib.timings import Timings
from dagster_project.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class NightFailedError(RuntimeError):
    """The night cannot go on; the published file is untouched."""


def _noted(step: Callable[P, T]) -> Callable[P, T]:
    """Count its time; keep its error for the end of the night, and let go of the file; the error goes on."""

    @functools.wraps(step)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        night = cast(Night, args[0])
        try:
            with night.timings.step(step.__name__):
                return step(*args, **kwargs)
        except BaseException as error:
            night.error = f"{step.__name__}: {error or type(error).__name__}"
            night._release()
            raise

    return inner


class Night:
    """The writer's side of one run: holds the lock from entry to exit, a connection except while dbt or checks run.

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
        self._run: warehouse.Run | None = None
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
    def run(self) -> warehouse.Run:
        if self._run is None:
            raise NightFailedError("the run has not begun")
        return self._run

    def _begin(self) -> None:
        self.profile = sources.load_profile(self.settings.profile_dir)
        connection = self._open()
        sources.prepare(connection, self.profile)
        if self.rebuild:
            self._require_loaded_files(connection)
        as_of = self.asked_as_of or (
            (self.clock or warehouse.now()) if self.profile.as_of == "clock" else None
        )
        published = publish.published_run(self.settings)
        self._run = warehouse.begin_run(
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
            connection.execute(f"set memory_limit = '{warehouse.LANDING_MEMORY}'")
        if self.rebuild:
            sources.reset(connection)
            sources.prepare(connection, self.profile)
        if self.with_quality and self._is_all_asked():
            expectations.begin_import()
        self.say(f"night {self._run.run_number} of {self.settings.profile} begins")

    @_noted
    def collect(self) -> list[State]:
        """Fetch what the profile's connections have; one that fails is said, and does not end the night."""
        if not self.profile.connections:
            return []
        with seconds() as took:
            states = collect(self.settings, self.profile, self.say)
        failed = [state.name for state in states if state.error]
        self.say(f"fetched {len(states)} connections, {len(failed)} not or not wholly ({took})")
        self.reached("collected")
        return states

    @_noted
    def land(self, table: tuple[str, str]) -> sources.Load:
        """Land one source table. A refused file is said, and does not end the night."""
        run = sources.Run(number=self.run.run_number, id=self.run.run_id)
        with seconds() as took:
            load = sources.land(
                self._open(), self.profile, table=table, source_dir=self.settings.source_dir, run=run
            )
        self.loads[table] = load
        if self.with_quality and (load.rows_read or load.files_refused):
            expectations.begin_import()  # of this load there will be something to ask
        self.say(
            f"landed {'.'.join(table)}: {load.files} files, {load.rows_read:,} rows read,"
            f" {load.rows_accepted:,} accepted, {load.rows_quarantined:,} quarantined,"
            f" {load.rows_duplicate:,} duplicate ({took})"
        )
        for refusal in load.refused:
            self.say(f"  refused {refusal.file}: {refusal.reason} {refusal.remedy}")
        self.reached("landed")
        return load

    @_noted
    def canonical(self) -> None:
        """Reference tables and canonical views; then the run's as_of is known."""
        connection = self._open()
        sources.build_views(connection, self.profile)
        as_of = self.run.as_of or sources.last_event_day_end(connection, self.profile)
        if as_of is None:
            raise NightFailedError(
                f"no event was found in {self.settings.source_dir}: check SOURCE, or run make profile-check."
            )
        self._run = warehouse.settle_as_of(connection, self.run, as_of)
        if warehouse.is_relanded(connection, self.run):
            reason = "a file that had landed was replaced"
            self._run = warehouse.require_full_refresh(connection, self.run, reason)
        if not self.settings.draft_file.exists():
            reason = "there is no draft of the last night"
            self._run = warehouse.require_full_refresh(connection, self.run, reason)
        self.say(f"as of {as_of.isoformat()}")

    @_noted
    def check(self, layer: str) -> list[quality.Result]:
        """Great Expectations over 'landing' or 'marts'; what would make a number wrong is added to `blocked`."""
        if not self.with_quality:
            return []
        scope = self._scope(layer)
        self._release()
        begun = self.timings.startup_in("quality")
        with seconds() as took:
            results = quality.check(self.settings, self.profile, layer, scope, begun)
        quality.record(self._open(), self.run, layer, results)
        failed = [result for result in results if not result.passed]
        blocking = [result.sentence for result in failed if result.severity == "block"]
        self.say(
            f"checked {layer}: {len(results)} expectations, {len(failed)} failed,"
            f" {len(blocking)} block ({took})"
        )
        for result in failed:
            self.say(f"  {result.severity}: {result.sentence}")
        self.blocked += blocking
        self.reached(f"checked {layer}")
        return results

    @_noted
    def build(self) -> list[models.NodeResult]:
        """The models. A failing data test blocks; a model that breaks fails the night."""
        if self.run.as_of is None:
            raise NightFailedError(
                "the models need the landed data of the same run: materialise the whole night"
            )
        connection = self._open()
        if self.run.is_full_refresh:
            self.say(f"models are built from scratch: {self.run.reason}")
            for schema in models.BUILT_SCHEMAS:
                connection.execute(f"drop schema if exists {warehouse.quoted(schema)} cascade")
            warehouse.forget_draft(self.settings)
        warehouse.mark(connection, self.run, "landed_at")
        memory = warehouse.memory_of(connection, self.run)
        self._release()
        self.reached("models started")
        with seconds() as took:
            begun = self.timings.startup_in("models")
            results = models.build(self.settings, self.run.is_full_refresh, memory, self.say, begun)
        self.timings.models = {node.name: node.seconds for node in results if node.resource_type == "model"}
        connection = self._open()
        quality.record(connection, self.run, "dbt", quality.from_dbt(results))
        broken = [result for result in results if result.is_broken]
        self.say(f"models: {len(results)} steps, {len(broken)} broken ({took})")
        if any(result.resource_type != "test" for result in broken):
            raise NightFailedError(models.broken(results))
        self.blocked += [f"{result.name}: {result.message}" for result in broken]
        if not broken:
            warehouse.mark(connection, self.run, "models_built_at", "built")
            self.is_built = True
        self.reached("models built")
        return results

    @_noted
    def publish(self) -> Path:
        """Copy, verify, swap. Only what this run built may be published."""
        if not self.is_built or self.blocked:
            raise NightFailedError(
                "only a whole and unblocked night is published: materialise all assets together"
            )
        self._release()  # a fresh connection sees what dbt and the checks left, and nothing cached
        with seconds() as took:
            self.published = publish.publish(
                self._open(), self.settings, self.run, sources.masked_quarantine(self.profile), self.reached
            )
        self.say(f"published {self.published.name} ({took})")
        return self.published

    def _is_all_asked(self) -> bool:
        previous = self.run.previous_run_number
        return self.run.is_full_refresh or previous is None or not quality.has_passed(self._open(), previous)

    def _scope(self, layer: str) -> quality.Scope:
        """All of a rebuild, and of a night after one that was not published: what blocked it still stands. Else what
        was landed since, in the marts nothing if that is nothing.
        """
        connection, previous = self._open(), self.run.previous_run_number
        memory = warehouse.memory_of(connection, self.run)
        if previous is None or self._is_all_asked():
            return quality.Scope(0, is_whole=True, memory=memory)
        news = sources.with_news(connection, self.profile, previous)
        if layer == "landing":
            unchanged = {("landing", "__".join(table)) for table in self.profile.tables if table not in news}
            if not any(load.rows_read or load.files_refused for load in self.loads.values()):
                unchanged.add(("meta", "loads"))
        else:
            is_same = not news and self.run.as_of == self.run.previous_as_of
            unchanged = {
                (rule.schema, rule.table) for rule in quality.rules_of(self.profile, layer) if is_same
            }
        return quality.Scope(previous, is_whole=False, unchanged=frozenset(unchanged), memory=memory)

    def finish(self) -> None:
        """Write how the run ended to `meta.runs` and status.json; a run of part of the assets leaves the latter."""
        status, message = self.status, self.message
        if self._run is not None:
            connection = self._open()
            if self.published:
                warehouse.mark(connection, self.run, "published_at", "published")
            warehouse.finish_run(connection, self.run, status, message)
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
            memory = warehouse.REBUILD_MEMORY if is_whole else warehouse.LANDING_MEMORY
            self._connection = warehouse.connect(self.settings, memory=memory)
        return self._connection

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
