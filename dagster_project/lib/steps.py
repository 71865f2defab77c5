"""The steps of a night.

Belongs here: what follows from what a step found, and the order that steps insist on. Not here: how a night begins and
ends (writer.py), what a step does (sources, models, quality, publish), or who calls it (night.py, defs/).
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from dagster_project import sources
from dagster_project.connectors.fetch import State
from dagster_project.lib import expectations, memory, models, publish, quality, runs, warehouse
from dagster_project.lib.collect import collect
from dagster_project.lib.progress import seconds
from dagster_project.lib.rules import Scope
from dagster_project.lib.writer import NightFailedError, Writer

P = ParamSpec("P")
T = TypeVar("T")


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


class Night(Writer):
    """One run and its steps. `blocked` holds what keeps it from being published."""

    def _begin(self) -> None:
        super()._begin()
        if self.with_quality and self._is_all_asked():
            expectations.begin_import()

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
            self.say(f"  refused {refusal.file}: {refusal.reason}. {refusal.remedy}")
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
        self._run = runs.settle_as_of(connection, self.run, as_of)
        if runs.is_relanded(connection, self.run):
            reason = "a file that had landed was replaced"
            self._run = runs.require_full_refresh(connection, self.run, reason)
        if not self.settings.draft_file.exists():
            reason = "there is no draft of the last night"
            self._run = runs.require_full_refresh(connection, self.run, reason)
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
        runs.mark(connection, self.run, "landed_at")
        given = memory.memory_of(connection, self.run.base)
        self._release()
        self.reached("models started")
        with seconds() as took:
            begun = self.timings.startup_in("models")
            results = models.build(self.settings, self.run.is_full_refresh, given, self.say, begun)
        self.timings.models = {node.name: node.seconds for node in results if node.resource_type == "model"}
        connection = self._open()
        quality.record(connection, self.run, "dbt", quality.from_dbt(results))
        broken = [result for result in results if result.is_broken]
        self.say(f"models: {len(results)} steps, {len(broken)} broken ({took})")
        if any(result.resource_type != "test" for result in broken):
            raise NightFailedError(models.broken(results))
        self.blocked += [f"{result.name}: {result.message}" for result in broken]
        if not broken:
            runs.mark(connection, self.run, "models_built_at", "built")
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
        base = self.run.base
        return base is None or not quality.has_passed(self._open(), base)

    def _scope(self, layer: str) -> Scope:
        """All of a rebuild, and of a night after one that was not published: what blocked it still stands. Else what
        was landed since, in the marts nothing if that is nothing.
        """
        connection, base = self._open(), self.run.base
        given = memory.memory_of(connection, base)
        if base is None or self._is_all_asked():
            return Scope(0, is_whole=True, memory=given)
        news = sources.with_news(connection, self.profile, base)
        if layer == "landing":
            unchanged = {("landing", "__".join(table)) for table in self.profile.tables if table not in news}
            if not any(load.rows_read or load.files_refused for load in self.loads.values()):
                unchanged.add(("meta", "loads"))
        else:
            is_same = not news and self.run.as_of == self.run.previous_as_of
            unchanged = {
                (rule.schema, rule.table) for rule in quality.rules_of(self.profile, layer) if is_same
            }
        return Scope(base, is_whole=False, unchanged=frozenset(unchanged), memory=given)
