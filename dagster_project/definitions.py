"""The code location: everything in defs/, nothing else."""

import dagster as dg

from dagster_project import defs as folder
from dagster_project.defs import alerts, resources, schedules

defs = dg.Definitions(
    assets=dg.load_assets_from_package_module(folder),
    asset_checks=dg.load_asset_checks_from_package_module(folder),
    jobs=[schedules.nightly],
    schedules=[schedules.nightly_schedule],
    sensors=[schedules.missed_night, alerts.failed_night, alerts.late_night],
    resources={"night": resources.night},
)
