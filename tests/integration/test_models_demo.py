"""The demo company through its own profile: the models against the oracle, the loads against a count of the
files.
"""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import fastexcel
import pyarrow.parquet as pq
import pytest
from oracle.canonical import company_of
from oracle.compare import compare
from oracle.night import hush, published, read

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings

DAYS, ORDERS_PER_DAY = 45, 15


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small demo company and one night over it."""
    folder = tmp_path_factory.mktemp("demo")
    last = number(date(2026, 2, 28))
    generate(Size(last - DAYS + 1, last, ORDERS_PER_DAY, 11), folder, hush)
    settings = Settings("demo", PROFILES / "demo", folder / "source", folder / "home", None, 8501)
    assert run_night(settings, with_quality=False, say=hush).status == "published"
    return settings


@pytest.fixture(scope="module")
def warehouse(demo: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(demo) as connection:
        yield connection


def test_what_is_published_is_what_the_definitions_say(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    lines, orders, _ = compare(warehouse, company_of(demo))
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:40])
    assert len(orders) > DAYS * ORDERS_PER_DAY / 2


def rows_in(path: Path, encoding: str) -> int:
    """Rows of a file, counted without any of the project's readers."""
    if path.suffix == ".parquet":
        return int(pq.read_metadata(path).num_rows)
    if path.suffix == ".xlsx":
        return fastexcel.read_excel(path).load_sheet(0, dtypes="string").height
    with path.open(encoding=encoding, newline="") as file:
        if path.suffix == ".jsonl":
            return sum(1 for line in file if line.strip())
        return sum(1 for row in csv.reader(file) if row) - 1


def test_every_row_of_every_file_is_accounted_for(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """read = accepted + quarantined + duplicate in every load, and read is what lies in the files."""
    loads = read(warehouse, "select * from meta.loads")
    assert len({load["source"] for load in loads}) == 19
    for load in loads:
        parts = load["rows_accepted"] + load["rows_quarantined"] + load["rows_duplicate"]
        assert load["rows_read"] == parts, load
    quarantined = dict(
        warehouse.execute(
            "select source || '.' || table_name, count(*) from meta.quarantine group by 1"
        ).fetchall()
    )
    files = read(warehouse, "select * from meta.files where status = 'loaded'")
    wrong = []
    for load in loads:
        table = f"{load['source']}.{load['table_name']}"
        assert load["rows_quarantined"] == quarantined.get(table, 0), table
        mine = [
            file
            for file in files
            if (file["source"], file["table_name"]) == (load["source"], load["table_name"])
        ]
        assert load["rows_read"] == sum(file["rows_read"] for file in mine), table
        for file in mine:
            path = demo.source_dir / file["file"]
            counted = rows_in(path, "gb18030" if is_gbk(path) else "utf-8")
            if counted != file["rows_read"]:
                wrong.append(f"{file['file']}: {counted} rows counted, {file['rows_read']} read")
    assert not wrong, "\n".join(wrong)


def is_gbk(path: Path) -> bool:
    """A file that is not UTF-8."""
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
