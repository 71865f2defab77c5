"""What tests share. What this machine lacks is left out with a loud line, and is a failure under `make
test-all`; TRUE_ON_TIME_TEST_ALL is 1, or names what must be there (`browser servers`).
"""

import os
import shutil
from pathlib import Path

import pytest

from dagster_project.settings import REPOSITORY, Settings
from tests.homes import settings_for
from tests.servers import databases

REAL_DATA = REPOSITORY.parent / "shared" / "real"
NEEDS = {
    "browser": (lambda: shutil.which("chromium") is not None, "Debian's chromium (apt-get install chromium)"),
    "servers": (
        lambda: not (databases.missing("postgres") or databases.missing("mariadb")),
        "database servers (apt-get install postgresql mariadb-server)",
    ),
    "real": (REAL_DATA.is_dir, f"the real data in {os.path.relpath(REAL_DATA, REPOSITORY)}"),
}
left_out: dict[str, int] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests whose needs are missing; under test-all that is an error instead."""
    absent = {mark for mark, (is_there, _) in NEEDS.items() if not is_there()}
    lacks = {item: absent & {mark.name for mark in item.iter_markers()} for item in items}
    without = [item for item in items if lacks[item]]
    missing = set().union(*lacks.values())
    asked = os.environ.get("TRUE_ON_TIME_TEST_ALL", "").split()
    if needed := [mark for mark in sorted(missing) if mark in asked or "1" in asked]:
        lacking = "; ".join(NEEDS[mark][1] for mark in needed)
        raise pytest.UsageError(f"nothing of this may be left out, but this machine lacks {lacking}")
    for mark in missing:
        left_out[mark] = sum(mark in lacks[item] for item in without)
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if not lacks[item]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was left out."""
    for mark, count in left_out.items():
        if count:
            message = f"LEFT OUT: {count} {mark} tests, because this machine lacks {NEEDS[mark][1]}."
            terminalreporter.write_sep("!", message, red=True, bold=True)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings of the plain test profile (every entity from a CSV of the same columns) in an empty home."""
    return settings_for(REPOSITORY / "tests" / "profiles" / "plain", tmp_path)
