"""The night that all assets of a run share: its lock, its connection, its place in `meta.runs`."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg

from dagster_project.defs.context import chosen_settings
from dagster_project.lib import due
from dagster_project.lib.liveness import alive
from dagster_project.lib.steps import Night

AS_OF_TAG = "true_on_time/as_of"
LOCK_TIMEOUT_SECONDS = 2 * 60 * 60


@dg.resource(
    config_schema={
        "rebuild": dg.Field(
            bool, default_value=False, description="Land everything again, build all models anew."
        ),
        "with_quality": dg.Field(bool, default_value=True, description="Run Great Expectations."),
    }
)
def night(context: dg.InitResourceContext) -> Iterator[Night]:
    """Opens a night when the run starts and ends it with the run, whatever became of the steps."""
    run, settings = context.run, chosen_settings()
    if run is None:
        raise dg.DagsterInvariantViolationError("a night belongs to a run")
    scheduled = datetime.fromisoformat(run.tags[AS_OF_TAG]) if AS_OF_TAG in run.tags else None
    if scheduled and due.is_overtaken(settings, scheduled):
        raise dg.Failure("a later night is published; this one came too late", allow_retries=False)
    opened = Night(
        settings,
        run_id=run.run_id,
        clock=scheduled,
        rebuild=context.resource_config["rebuild"],
        with_quality=context.resource_config["with_quality"],
        lock_timeout_seconds=LOCK_TIMEOUT_SECONDS,
    )
    with alive(settings, run.run_id), opened:
        yield opened
