"""The profile whose figures are shown: a name, or a folder anywhere."""

from pathlib import Path

import pytest

from dashboards.settings import load


@pytest.mark.parametrize("named", ["ours", "imports/ours", "{folder}/imports/ours"])
def test_a_profile_is_shown_by_its_folders_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str
) -> None:
    (tmp_path / "imports" / "ours").mkdir(parents=True)
    monkeypatch.setenv("TRUE_ON_TIME_DATA", str(tmp_path))
    monkeypatch.setenv("TRUE_ON_TIME_PROFILE", named.format(folder=tmp_path))
    assert load().profile == "ours"
    assert load().published_file == tmp_path / "ours" / "published" / "warehouse.duckdb"
