"""Fetching a profile's connections from within a night: by a process of its own, whose lines are said as they come."""

import subprocess
import sys

from dagster_project.connectors.fetch import State, read_state
from dagster_project.lib.progress import Say
from dagster_project.settings import REPOSITORY, Settings
from dagster_project.sources import Profile


def collect(settings: Settings, profile: Profile, say: Say) -> list[State]:
    """Fetch all connections; their states say what came of it. One that failed is no error of the night."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dagster_project.connectors"],
        cwd=REPOSITORY,
        env=settings.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            say(line.rstrip("\n"))
    return [read_state(settings.home, connection) for connection in profile.connections]
