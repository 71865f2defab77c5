"""A small company of one source, whose files and contracts a test writes as it likes."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from dagster_project.sources import Load, Profile, Run, land, load_profile, prepare, reset

SCANS = """
source: wms
timezone: Asia/Shanghai
tables:
  scans:
    files: wms/scans/*/*.csv
    format: csv
    key: [scan_id]
    recorded_at: recorded_at
    columns:
      scan_id: {type: text, required: true}
      code: {type: text}
      quantity: {type: integer, min: 0}
      recorded_at: {type: timestamp, format: "%Y-%m-%d %H:%M:%S"}
"""
HEADER = "scan_id,code,quantity,recorded_at\n"


class Company:
    """A profile folder, a source folder and a warehouse in memory; `runs` counts the nights."""

    def __init__(self, folder: Path) -> None:
        self.profile_dir = folder / "profile"
        self.source_dir = folder / "source"
        self.source_dir.mkdir(parents=True)
        self.connection = duckdb.connect()
        self.runs = 0
        self.write("profile.yml", "timezone: Asia/Shanghai\n")
        self.write("reference/route_milestones.csv", "route,position,milestone\ndirect,1,placed\n")
        self.write("contracts/wms.yml", SCANS)

    def write(self, path: str, text: str) -> None:
        """A file of the profile."""
        target = self.profile_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def drop(self, path: str, content: str | bytes) -> Path:
        """A file of the source."""
        target = self.source_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def manifest(self, path: str, **changed: object) -> None:
        """A manifest that is right but for what is changed."""
        content = (self.source_dir / path).read_bytes()
        stated = {
            "file": Path(path).name,
            "rows": content.count(b"\n") - 1,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        } | changed
        self.drop(f"{path}.manifest.json", json.dumps(stated))

    @property
    def profile(self) -> Profile:
        return load_profile(self.profile_dir)

    def night(self, table: str = "scans", source: str = "wms") -> Load:
        """One run over everything that lies in the source folder."""
        self.runs += 1
        profile = self.profile
        prepare(self.connection, profile, self.source_dir)
        run = Run(self.runs, f"run-{self.runs}")
        load = land(self.connection, profile, (source, table), self.source_dir, run)
        assert load.rows_read == load.rows_accepted + load.rows_quarantined + load.rows_duplicate
        self.assert_told_in_both_languages()
        return load

    def assert_told_in_both_languages(self) -> None:
        """Every reason and remedy in the books has its Chinese."""
        told = self.rows(
            "SELECT reason, reason_zh FROM meta.quarantine UNION ALL SELECT reason, reason_zh FROM meta.files"
            " UNION ALL SELECT remedy, remedy_zh FROM meta.files"
        )
        for english, chinese in told:
            assert (english is None) == (chinese is None), (english, chinese)
            assert english is None or re.search("[\u4e00-\u9fff]", chinese), (english, chinese)

    def rebuild(self) -> None:
        reset(self.connection)

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def landed(self, columns: str = "*", table: str = "wms__scans") -> list[tuple]:
        return self.rows(f"SELECT {columns} FROM landing.{table} ORDER BY ALL")

    def quarantined(self) -> list[tuple]:
        """(file name, record, reason) of every refused row."""
        found = self.rows("SELECT file, record, reason FROM meta.quarantine ORDER BY ALL")
        return [(file.rsplit("/", 1)[-1], record, reason) for file, record, reason in found]

    def files(self) -> dict[str, tuple[str, str | None]]:
        """Status and reason of every file that was seen."""
        found = self.rows("SELECT file, status, reason FROM meta.files ORDER BY ALL")
        return {file: (status, reason) for file, status, reason in found}

    def state(self) -> dict[str, list[tuple]]:
        """All that must not depend on the order of arrival: landed rows, refused rows, sums of loads, file
        statuses."""
        return {
            "landed": self.landed("* EXCLUDE (_load_seq)"),
            "quarantine": self.rows(
                "SELECT * EXCLUDE (run_number, run_id, loaded_at) FROM meta.quarantine ORDER BY ALL"
            ),
            "loads": self.rows(
                "SELECT sum(rows_read), sum(rows_accepted), sum(rows_quarantined), sum(rows_duplicate)"
                " FROM meta.loads"
            ),
            "files": self.rows("SELECT file, status, load_id, rows_read FROM meta.files ORDER BY ALL"),
        }


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path)
    yield made
    made.connection.close()


@pytest.fixture
def new_company(tmp_path: Path) -> Callable[[], Company]:
    """For tests that compare companies."""
    made: list[Company] = []

    def make() -> Company:
        made.append(Company(tmp_path / str(len(made))))
        return made[-1]

    return make
