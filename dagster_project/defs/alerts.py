"""What is said when a night fails. A night that could still speak wrote its own status; this speaks for the
killed.
"""

import dagster as dg

from dagster_project.defs.context import chosen_settings
from dagster_project.defs.schedules import nightly
from dagster_project.lib import due, publish


@dg.run_failure_sensor(monitored_jobs=[nightly], default_status=dg.DefaultSensorStatus.RUNNING)
def failed_night(context: dg.RunFailureSensorContext) -> None:
    """Leave the failure where the pages look, unless the night that is due is published."""
    if due.is_published(chosen_settings(), due.last_night(due.clock())):
        return
    publish.note_failure(
        chosen_settings(), context.dagster_run.run_id, context.failure_event.message or "it failed"
    )
