"""The systemd units: systemd itself finds nothing wrong with them, and their commands exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dagster_project.commands import service
from dagster_project.settings import PROFILES, REPOSITORY
from tests.homes import settings_for


@pytest.fixture
def units(tmp_path: Path) -> dict[str, str]:
    return service.units(settings_for(PROFILES / "demo", tmp_path / "data"), "daemon", tmp_path / "kept")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_accepts_them(units: dict[str, str], tmp_path: Path) -> None:
    for name, text in units.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / name) for name in units]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, timeout=60)
    told = [line for line in done.stderr.splitlines() if "true-on-time" in line]
    assert told == []


def test_a_path_with_a_blank_stays_one_path(tmp_path: Path) -> None:
    made = service.units(
        settings_for(PROFILES / "demo", tmp_path / "our 100% data"), "daemon", tmp_path / "a b"
    )
    text = made["true-on-time-backup.service"]
    data = f"{tmp_path}/our 100%% data"
    assert f'\nEnvironment="TRUE_ON_TIME_DATA={data}"\n' in text
    assert f'\nReadWritePaths="{data}" "-{data}/demo/source" "-{tmp_path}/a b"\n' in text
    assert text.endswith(f'keep backup "{tmp_path}/a b"\n')
    if shutil.which("systemd-analyze"):
        test_systemd_accepts_them(made, tmp_path)


def test_what_they_start_is_there(units: dict[str, str]) -> None:
    started = re.findall(r"ExecStart=(\S+) -m (\S+)", "\n".join(units.values()))
    assert [module for _, module in started] == [
        "dagster_project.commands.serve", "streamlit", "dagster_project.commands.receive",
        "dagster_project.commands.keep",
    ]  # fmt: skip
    assert {Path(python) for python, _ in started} == {REPOSITORY / ".venv" / "bin" / "python"}


def test_a_profile_with_a_rhythm_of_its_own_gets_a_unit_for_it(units: dict[str, str], tmp_path: Path) -> None:
    live = service.units(settings_for(PROFILES / "demo_live", tmp_path / "data"), "daemon", tmp_path / "kept")
    assert live.keys() - units.keys() == {"true-on-time-live.service"}
    assert "-m dagster_project.commands.live\n" in live["true-on-time-live.service"]


def test_a_service_may_write_its_own_folders_only(units: dict[str, str], tmp_path: Path) -> None:
    for name, text in units.items():
        if name.endswith(".service"):
            source = tmp_path / "data" / "demo" / "source"
            assert f"ReadWritePaths={tmp_path / 'data'} -{source} -{tmp_path / 'kept'}\n" in text
            assert "ProtectSystem=strict\n" in text and "NoNewPrivileges=true\n" in text
            assert "User=daemon\n" in text and "PASSWORD" not in text
