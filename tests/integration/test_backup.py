"""Backup, restore and retirement of raw files: what comes back is what was there, and the next night goes on."""

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dagster_project.lib import backup, warehouse
from dagster_project.lib.backup import BackupError
from dagster_project.settings import Settings
from tests.integration.nights import Replay, differences, replay

pytestmark = pytest.mark.slow


def hush(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def company() -> Replay:
    return replay(seed=11, nights=3, orders=60)


@pytest.fixture
def home(company: Replay, tmp_path: Path) -> Settings:
    settings = company.settings(tmp_path / "home")
    company.deliver(settings, 0)
    company.run(settings, 0)
    return settings


def elsewhere(settings: Settings, folder: Path) -> Settings:
    home = folder / settings.profile
    return replace(settings, home=home, source_dir=home / "source")


def test_what_is_restored_goes_on_as_if_nothing_had_happened(
    company: Replay, home: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    backup.backup(home, kept, hush)
    other = elsewhere(home, tmp_path / "other")
    backup.restore(other, kept, hush)
    assert differences(home, other) == {}
    for night in (1, 2):
        for settings in (home, other):
            company.deliver(settings, night)
            result = company.run(settings, night)
            assert not result.is_full_refresh
    assert differences(home, other) == {}


def test_only_what_changed_is_copied_and_old_snapshots_go(
    company: Replay, home: Settings, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    first = backup.backup(home, kept, hush, keep=2)
    assert first.copied and backup.backup(home, kept, hush, keep=2).copied == 0
    company.deliver(home, 1)
    company.run(home, 1)
    third = backup.backup(home, kept, hush, keep=2)
    assert 0 < third.copied < third.files
    assert len(list(kept.glob("snapshots/*.json"))) == 2
    backup.backup(home, kept, hush, keep=1)
    named = sum(1 for path in kept.glob("objects/*/*"))
    other = elsewhere(home, tmp_path / "other")
    backup.restore(other, kept, hush)
    assert named <= third.files
    assert differences(home, other) == {}


def test_a_damaged_backup_is_noticed(home: Settings, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    backup.backup(home, kept, hush)
    largest = max(kept.glob("objects/*/*"), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as stream:
        stream.seek(100)
        stream.write(b"damaged")
    with pytest.raises(BackupError, match="is damaged"):
        backup.restore(elsewhere(home, tmp_path / "other"), kept, hush)


def test_a_home_that_is_not_empty_is_left_alone(home: Settings, tmp_path: Path) -> None:
    backup.backup(home, tmp_path / "kept", hush)
    with pytest.raises(BackupError, match="is not empty"):
        backup.restore(home, tmp_path / "kept", hush)
    with pytest.raises(BackupError, match="no snapshot"):
        backup.restore(elsewhere(home, tmp_path / "other"), tmp_path / "nowhere", hush)


def test_a_folder_of_backups_is_one_company_s(home: Settings, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    backup.backup(home, kept, hush)
    other = replace(elsewhere(home, tmp_path / "other"), profile="other")
    told = f"kept holds the profile {home.profile}, not other: a folder of backups for each"
    for again in (backup.backup, backup.restore):
        with pytest.raises(BackupError, match=told):
            again(other, kept, hush)
    assert not other.home.exists() or not [path for path in other.home.rglob("*.duckdb")]
    with pytest.raises(BackupError, match="ONLY=sauce: the snapshot holds build, "):
        backup.restore(home, kept, hush, only="sauce")


def test_a_backup_waits_for_the_night(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "WAIT_SECONDS", 0.1)
    with warehouse.build_lock(home), pytest.raises(warehouse.LockHeldError):
        backup.backup(home, tmp_path / "kept", hush)


def test_retired_files_change_no_figure_and_can_be_brought_back(
    company: Replay, home: Settings, tmp_path: Path
) -> None:
    kept, whole = tmp_path / "kept", elsewhere(home, tmp_path / "whole")
    with pytest.raises(BackupError, match="holds no snapshot"):
        backup.retire(home, tmp_path / "nowhere", date(2100, 1, 1), hush)
    backup.backup(home, kept, hush)
    backup.restore(whole, kept, hush)
    told = backup.retire(home, kept, date(2100, 1, 1), hush)
    assert told.copied and not [path for path in home.source_dir.rglob("*.csv") if path.is_file()]
    for settings in (home, whole):
        company.deliver(settings, 1)
        company.run(settings, 1)
    assert differences(home, whole) == {}
    with pytest.raises(Exception, match="a rebuild would lose data"):
        company.run(home, 2, rebuild=True)
    backup.restore(home, kept, hush, only="source")
    company.run(home, 2, rebuild=True)
    company.run(whole, 2, rebuild=True)
    assert differences(home, whole) == {}


def test_a_table_that_must_land_anew_does_not_lose_retired_rows(company: Replay, home: Settings) -> None:
    company.deliver(home, 1)
    company.run(home, 1)
    loaded = sorted(path for path in home.source_dir.rglob("*.*") if path.is_file())
    by_table: dict[Path, list[Path]] = {}
    for path in loaded:
        by_table.setdefault(path.parent.parent, []).append(path)
    replaced, gone, *_ = next(paths for paths in by_table.values() if len(paths) > 1)
    gone.unlink()
    lines = replaced.read_text(encoding="utf-8").splitlines(keepends=True)
    replaced.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")
    os.utime(replaced, (1, 1))
    with pytest.raises(FileNotFoundError, match="Bring them back"):
        company.run(home, 2)
