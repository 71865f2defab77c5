"""What is said when a night fails or does not come. A night that could still speak spoke for itself; this speaks for
the killed and the late.
"""

from datetime import timedelta

import dagster as dg

from dagster_project.defs.context import chosen_settings
from dagster_project.defs.schedules import nightly
from dagster_project.lib import due, publish, webhook

LATE = timedelta(
    hours=3
)  # after its schedule, by 06:00, the night should be there: people start work soon after


@dg.run_failure_sensor(monitored_jobs=[nightly], default_status=dg.DefaultSensorStatus.RUNNING)
def failed_night(context: dg.RunFailureSensorContext) -> None:
    """Leave the failure where the pages look, unless the night that is due is published."""
    if due.is_published(chosen_settings(), due.last_night(due.clock())):
        return
    message = context.failure_event.message or "it failed"
    if publish.note_failure(chosen_settings(), context.dagster_run.run_id, message):
        webhook.post(chosen_settings(), "failed", message, context.log.warning)


@dg.sensor(minimum_interval_seconds=300, default_status=dg.DefaultSensorStatus.RUNNING)
def late_night(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Tell once of each night that is not published hours after its schedule, whatever holds it up."""
    night = due.last_night(due.clock())
    if due.clock() < night + LATE or due.is_published(chosen_settings(), night):
        return dg.SkipReason("the night is in time")
    if context.cursor == night.isoformat():
        return dg.SkipReason("it was told")
    message = (
        f"of {night:%Y-%m-%d %H:%M} is not published {LATE.total_seconds() / 3600:g} hours after its time."
    )
    webhook.post(chosen_settings(), "late", message, context.log.warning)
    context.update_cursor(night.isoformat())
    return dg.SkipReason(message)
