"""When a night runs: at 03:00 for the day before, and at start if one was missed. What is due is worked out
in lib/due.py.
"""

from datetime import datetime, timedelta

import dagster as dg

from dagster_project.defs.context import chosen_settings
from dagster_project.defs.resources import AS_OF_TAG
from dagster_project.lib import due

HEAD_START = timedelta(minutes=10)  # of the schedule before its night counts as missed

nightly = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Files to published warehouse, for the day before.",
    # a retried night is a night of its own: its steps share a connection and a run number
    tags={"dagster/max_retries": "2", "dagster/retry_strategy": "ALL_STEPS"},
)


@dg.schedule(
    job=nightly,
    cron_schedule=due.CRON,
    execution_timezone=due.ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def nightly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The night of the scheduled instant; one that a later night has overtaken is left out."""
    return _request(context.instance, context.scheduled_execution_time)


@dg.sensor(job=nightly, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def missed_night(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The night that should have run while nothing was running."""
    return _request(context.instance, due.last_night(due.clock() - HEAD_START))


def _request(instance: dg.DagsterInstance, instant: datetime) -> dg.RunRequest | dg.SkipReason:
    tag = instant.astimezone(due.TIMEZONE).isoformat()
    if instant < due.last_night(due.clock()):
        return dg.SkipReason(f"the night of {tag} is overtaken by a later one")
    if due.is_published(chosen_settings(), instant):
        return dg.SkipReason(f"the night of {tag} is published")
    if instance.get_runs(dg.RunsFilter(job_name=nightly.name, tags={AS_OF_TAG: tag}), limit=1):
        return dg.SkipReason(f"the night of {tag} was started already")
    return dg.RunRequest(run_key=tag, tags={AS_OF_TAG: tag})
