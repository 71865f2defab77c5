"""A load that is killed leaves nothing behind: the next run lands what it would have landed anyway."""

import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from .conftest import HEADER, Company

CHILD = """
import os, signal, sys
from pathlib import Path
import duckdb
from dagster_project.sources import Run, ledger, land, load_profile, prepare, staging

warehouse, profile_dir, source_dir, step = sys.argv[1:]

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

target = staging.Staging if hasattr(staging.Staging, step) else ledger
setattr(target, step, killed)
connection = duckdb.connect(warehouse)
profile = load_profile(Path(profile_dir))
prepare(connection, profile, Path(source_dir))
land(connection, profile, ("wms", "scans"), Path(source_dir), Run(2, "killed"))
"""


@pytest.mark.parametrize("step", ["take_duplicates", "insert", "write_loaded", "write_load"])
def test_killed_at_any_step_the_next_run_lands_the_same(company: Company, tmp_path: Path, step: str) -> None:
    def warehouse(name: str) -> duckdb.DuckDBPyConnection:
        company.connection.close()
        return duckdb.connect(tmp_path / f"{name}.duckdb")

    company.drop("wms/scans/2026-01-06/a.csv", HEADER + "s1,C,1,2026-01-05 08:00:00\nbad\n")
    states = {}
    for name in ("killed", "whole"):
        company.connection = warehouse(name)
        company.runs = 0
        company.night()
        late = "s1,C,1,2026-01-05 08:00:00\ns2,C,x,\ns3,C,3,\n"
        company.drop("wms/scans/2026-01-05/b.csv", HEADER + late)
        if name == "killed":
            company.connection.close()
            arguments = [
                str(path) for path in (tmp_path / "killed.duckdb", company.profile_dir, company.source_dir)
            ]
            child = subprocess.run([sys.executable, "-c", CHILD, *arguments, step], check=False)
            assert child.returncode == -signal.SIGKILL
            company.connection = duckdb.connect(tmp_path / "killed.duckdb")
            assert company.landed("scan_id, _load_seq") == [("s1", 1)]
        company.night()
        states[name] = company.state()
        (company.source_dir / "wms/scans/2026-01-05/b.csv").unlink()
    assert states["killed"] == states["whole"]
    assert not list(tmp_path.glob("*.spool"))
    assert states["whole"]["loads"] == [(5, 2, 2, 1)]
