"""Commands, called as make calls them: what their user can mend is said in a line, never as a traceback."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.settings import REPOSITORY

PROFILE = """
title: {en: Ours}
timezone: Asia/Shanghi
sign_rule: latest
"""
TOLD = """3 mistakes in the profile ours:
  profile.yml:3: no such time zone: Asia/Shanghi. Write one as in Asia/Shanghai
  profile.yml:4: unknown value of sign_rule 'latest'. Known are: carrier_first, customer_first, earliest
  reference/route_milestones.csv:1: the file is missing. Write it with the columns route, position, milestone
"""
PUSHED = {
    "contracts/pushed.yml": """
source: pushed
tables:
  tracks: {files: p/*.jsonl, format: jsonl, columns: {nu: {type: text}}}
""",
    "connections/pushed.yml": """
kind: push
check: {kind: key, key: "${KEY}", at: {header: X-Key}}
tables: {tracks: {}}
""",
    "reference/route_milestones.csv": "route,position,milestone\ndirect,1,placed\ndirect,2,signed\n",
}
COMMANDS = "dagster_project.commands"


def called(folder: Path, *arguments: str, profile: str = "ours") -> subprocess.CompletedProcess[str]:
    own = {"TRUE_ON_TIME_PROFILE": profile, "TRUE_ON_TIME_DATA": str(folder / "data")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **own},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A profile with two mistakes, and without the milestones that every profile needs."""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "profile.yml").write_text(PROFILE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("dagster_project.connectors",),
        (f"{COMMANDS}.run",),
        (f"{COMMANDS}.live", "once"),
        (f"{COMMANDS}.receive",),
        (f"{COMMANDS}.service", "units"),
        (f"{COMMANDS}.profile_check",),
    ],
    ids=lambda command: command[0].rpartition(".")[2],
)
def test_mistakes_in_a_profile_are_told_by_every_command(ours: Path, command: tuple[str, ...]) -> None:
    done = called(ours, *command)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith(TOLD)


@pytest.mark.parametrize("command", ["connectors", "commands.run", "commands.serve", "commands.live"])
def test_a_profile_that_is_not_there_is_said(tmp_path: Path, command: str) -> None:
    done = called(tmp_path, f"dagster_project.{command}", profile="owrs")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("PROFILE=owrs: no such profile. Name one of demo, ")


def test_a_profile_without_connections_has_nothing_to_fetch(tmp_path: Path) -> None:
    done = called(tmp_path, "dagster_project.connectors", profile="olist")
    assert (done.returncode, done.stdout) == (1, "profile olist has no connections (docs/sources.md)\n")


@pytest.mark.parametrize(
    ("period", "told"),
    [
        (("--from", "2026-01-01"), "a period needs both FROM and TO"),
        (
            ("--from", "01.02.2026", "--to", "2026-03-01"),
            "write days or instants, FROM=2026-01-01 TO=2026-02-01",
        ),
        (("--from", "2026-01-02", "--to", "2026-01-02"), "TO is the day after the last, later than FROM"),
    ],
)
def test_a_period_that_is_none_is_refused(tmp_path: Path, period: tuple[str, ...], told: str) -> None:
    done = called(tmp_path, "dagster_project.connectors", *period, profile="demo_live")
    assert done.returncode == 2
    assert told in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("backup",), "name the folder of the backups: make backup TO=/backups"),
        (("restore",), "name the folder of the backups: make restore FROM=/backups"),
        (("backup", "kept", "--keep", "0"), "KEEP=0: at least 1 snapshot stays"),
        (("retire", "kept"), "make retire needs BEFORE=<day>, as in BEFORE=2026-01-31"),
        (("retire", "kept", "--before", "yesterday"), "'yesterday' is no day: write as in 2026-01-31"),
        (("retire", "kept", "--before", "2026-01-31"), "kept holds no snapshot: make backup TO=kept first"),
        (("backup", "data/demo/inbox/kept"), "is backed up: name a folder elsewhere"),
        (("backup", "/proc/kept"), "backup ended midway: /proc/kept"),
    ],
)
def test_a_backup_that_cannot_be_is_refused(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    kept = tmp_path / "data" / "demo" / "inbox" / "note"
    kept.parent.mkdir(parents=True)
    kept.write_text("of a company", encoding="utf-8")
    done = called(tmp_path, f"{COMMANDS}.keep", *arguments, profile="demo")
    assert done.returncode != 0
    assert told in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "snapshots").exists()


def test_a_port_that_is_taken_is_said_before_anything_is_received(ours: Path) -> None:
    (ours / "ours" / "profile.yml").write_text("timezone: Asia/Shanghai\n", encoding="utf-8")
    for name, text in PUSHED.items():
        (ours / "ours" / name).parent.mkdir(exist_ok=True)
        (ours / "ours" / name).write_text(text, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = called(ours, f"{COMMANDS}.receive", "--port", str(port))
    assert (done.returncode, done.stderr) == (1, "")
    assert f"127.0.0.1:{port} cannot be listened at: Address already in use" in done.stdout
    assert "receiving" not in done.stdout


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (f"{COMMANDS}.run", 1, "Make room or give the right to write, or name another TRUE_ON_TIME_DATA"),
        ("dagster_project.demo_company", 2, "Name another folder: OUT=, or TRUE_ON_TIME_DATA"),
    ],
)
def test_a_data_folder_that_cannot_be_written_is_said(
    tmp_path: Path, command: str, code: int, told: str
) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    ended = called(tmp_path, command, profile="demo")
    assert ended.returncode == code and "Traceback" not in ended.stderr
    line = (ended.stdout + ended.stderr).splitlines()[-1]
    assert f"{tmp_path}/data/demo" in line and line.endswith(f": Not a directory. {told}")
