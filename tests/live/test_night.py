"""Beside the nights: what they publish, and where they left off, is the same whether the loop runs or not."""

import hashlib
import shutil
from dataclasses import replace

import pytest

from dagster_project.lib.night import run_night
from tests.connectors.test_live_company import same
from tests.live.conftest import AT, go, rows
from tests.servers.running import LAST, Running

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def test_a_night_is_not_touched_by_the_loop(quiet: Running) -> None:
    settings = quiet.loop_home("night")
    fetched = {(c.source, p.table) for c in quiet.systems.profile.connections for p in c.pulls}
    for source, table in quiet.systems.profile.tables:
        if (source, table) not in fetched:
            shutil.copytree(quiet.by_files.source_dir / source / table, settings.source_dir / source / table)
    run_night(settings, as_of=AT, with_quality=False, say=lambda line: None)

    def state() -> dict[str, str]:
        folders = (settings.source_dir, settings.home / "sources", settings.home / "build")
        found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        found.append(settings.published_file.resolve())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}

    before = state()
    assert len(before) > 50
    for _ in range(3):
        go(replace(settings, as_of=AT))
    assert state() == before
    assert rows(settings, "SELECT count(*) > 100 FROM live.tracks") == [(False,)], (
        "begins where the night ends"
    )
    ((known, all_of_them),) = rows(settings, "SELECT count(fulfilment_code), count(*) FROM live.tracks")
    assert known > 0.8 * all_of_them
    quiet.systems.store(LAST)
    go(settings)
    run_night(settings, as_of=LAST, with_quality=False, say=lambda line: None)
    same(quiet.by_files, settings)
