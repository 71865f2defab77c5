"""Dagster's own home for a profile: its configuration file, written from what stands here, and the telemetry
switches.
"""

import os

import yaml

from dagster_project.settings import Settings

CONFIGURATION = {
    "telemetry": {"enabled": False},
    # one writer a file, so one run at a time; the rest wait in the queue
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "run_monitoring": {"enabled": True},
    # a run whose process was lost is tried again; a step that failed for a reason is not
    "run_retries": {"enabled": True, "max_retries": 0, "retry_on_asset_or_op_failure": False},
}

SILENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "False",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "DAGSTER_DISABLE_TELEMETRY": "1",
}


def prepare(settings: Settings) -> None:
    """Make DAGSTER_HOME of the profile and point this process, and those it starts, at it; no library phones
    home.
    """
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(CONFIGURATION), encoding="utf-8")
    os.environ.update(SILENT)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
