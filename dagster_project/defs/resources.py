"""The night that all assets of a run share: its lock, its connection, its place in `meta.runs`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg

from dagster_project.defs.context import chosen_settings
from dagster_project.lib import due
from dagster_project.lib.liveness import alive
from dagster_project.lib.night import Night

AS_OF_TAG = "true_on_time/as_of"
LOCK_TIMEOUT_SECONDS = 2 * 60 * 60


class NightResource(dg.ConfigurableResourceFactory[Night]):
    """Opens a night when the run starts and ends it with the run, whatever became of the steps."""

    rebuild: bool = False
    with_quality: bool = True

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Night]:
        run = context.run
        if run is None:
            raise dg.DagsterInvariantViolationError("a night belongs to a run")
        scheduled = datetime.fromisoformat(run.tags[AS_OF_TAG]) if AS_OF_TAG in run.tags else None
        if scheduled and due.is_overtaken(chosen_settings(), scheduled):
            raise dg.Failure("a later night is published; this one came too late", allow_retries=False)
        night = Night(
            chosen_settings(),
            run_id=run.run_id,
            clock=scheduled,
            rebuild=self.rebuild,
            with_quality=self.with_quality,
            lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
        )
        with alive(chosen_settings(), run.run_id), night:
            yield night


resources = dg.Definitions(resources={"night": NightResource()})
