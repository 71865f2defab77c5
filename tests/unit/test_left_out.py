"""What a machine lacks: said aloud by `make test`, a failure where it must be there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.settings import REPOSITORY
from tests.servers import databases

TESTS = "tests/connectors/test_sql.py::test_rows_land_as_the_source_has_them"  # PostgreSQL, MariaDB, SQLite
HIDING = """
from tests.servers import databases
databases.tool = lambda name: ""
"""


def run(folder: Path, must_be_there: str) -> subprocess.CompletedProcess[str]:
    """Pytest in a process of its own that finds no program of a database server."""
    (folder / "hiding.py").write_text(HIDING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}"}
    environment |= {"TRUE_ON_TIME_TEST_ALL": must_be_there}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "hiding", "-p", "no:cacheprovider", TESTS]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120
    )


def test_tests_of_missing_servers_are_left_out_aloud(tmp_path: Path) -> None:
    ran = run(tmp_path, "")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout  # SQLite needs no server
    assert (
        "LEFT OUT: 2 servers tests, because this machine lacks"
        " database servers (apt-get install postgresql mariadb-server)." in ran.stdout
    )


def test_what_need_not_be_there_is_left_out_beside_what_must(tmp_path: Path) -> None:
    assert run(tmp_path, "browser real").returncode == 0


@pytest.mark.parametrize("must_be_there", ["1", "browser servers"])
def test_missing_servers_are_a_failure_where_they_must_be_there(tmp_path: Path, must_be_there: str) -> None:
    ran = run(tmp_path, must_be_there)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "this machine lacks database servers" in ran.stderr
    assert "passed" not in ran.stdout


@pytest.mark.parametrize("program", ["psql", "mariadb", "initdb", "mariadbd"])
def test_a_server_without_one_of_its_programs_is_missing(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(databases, "tool", lambda name: "" if name == program else f"/usr/bin/{name}")
    missing = {kind: databases.missing(kind) for kind in databases.PROGRAMS}
    assert missing == {kind: program in programs for kind, programs in databases.PROGRAMS.items()}
