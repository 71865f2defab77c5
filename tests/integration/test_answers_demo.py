"""The demo company: what its generator planted is recovered, the models equal the oracle, no row is lost.

The generator works out its truth by itself, beside the source files; the pipeline never reads it.
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

DAYS = 150
SMALL, FULL = 10, 890  # orders a day
# the figures the demo company is built to: month, deviation of warehouse B's transfers, colour
FINDINGS = ((date(2026, 1, 1), 0.142, "red"), (date(2026, 2, 1), 0.021, "green"))


def one_night(folder: Path, orders_per_day: float) -> Settings:
    """The demo company of that size, and one night over it."""
    last = number(date(2026, 2, 28))
    generate(Size(last - DAYS + 1, last, orders_per_day, 11), folder, hush)
    settings = Settings("demo", PROFILES / "demo", folder / "source", folder / "home", None, 8501)
    assert run_night(settings, with_quality=False, say=hush).status == "published"
    return settings


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A thin demo company over the whole 150 days."""
    return one_night(tmp_path_factory.mktemp("demo"), SMALL)


@pytest.fixture(scope="module")
def warehouse(demo: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(demo) as connection:
        yield connection


def answers(settings: Settings, name: str) -> str:
    return str(settings.source_dir.parent / "answers" / f"{name}.parquet")


def wrong_orders(settings: Settings, connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    """Decidable orders whose promise, sign time or verdict differs from the planted one, either way."""
    return connection.execute(
        """
        select order_id, planted.promised_at, found.promised_at, planted.signed_at, found.signed_at,
            planted.is_on_time, found.is_on_time, planted.deciding_suborder, found.deciding_suborder
        from read_parquet($answers) as planted
        full join marts.fct_orders as found using (order_id)
        where coalesce(planted.is_decidable, true)
            and (planted.promised_at, planted.signed_at, planted.is_on_time, planted.is_erp_on_time)
                is distinct from (found.promised_at, found.signed_at, found.is_on_time, found.is_erp_on_time)
        """,
        {"answers": answers(settings, "orders")},
    ).fetchall()


def shares_decided(settings: Settings, connection: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    """Share of planted orders that the surviving data decide, and of those with a verdict."""
    found = connection.execute(
        "select avg(is_decidable::int), avg((is_on_time is not null)::int) from read_parquet(?)",
        [answers(settings, "orders")],
    ).fetchone()
    assert found is not None
    return found[0], found[1]


def transfers_of_b(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> list[tuple[date, float, float, str]]:
    """Month, planted deviation, published deviation and colour of the transfers that warehouse B sends."""
    return connection.execute(
        """
        select found.period_start, planted.value, found.deviation, found.colour
        from marts.agg_stage_deviation as found
        join read_parquet(?) as planted
            on planted.name = 'transfer_deviation' and planted.place = found.place
            and planted.period = strftime(found.period_start, '%Y-%m')
        where found.period = 'month' and found.stage = 'transfer' and found.place = 'B'
            and found.period_start >= date '2026-01-01'
        order by all
        """,
        [answers(settings, "figures")],
    ).fetchall()


def rate(connection: duckdb.DuckDBPyConnection, metric: str) -> float:
    found = connection.execute(
        "select value from marts.kpi where metric = ? and period = 'all'", [metric]
    ).fetchone()
    assert found is not None
    return float(found[0])


def test_promise_sign_time_and_verdict_are_the_planted_ones(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    assert wrong_orders(demo, warehouse) == []
    decided, judged = shares_decided(demo, warehouse)
    assert decided > 0.97, "too many orders are called undecidable"
    assert judged > 0.8, "too few orders have a verdict to compare"


def test_stage_times_are_the_planted_ones(demo: Settings, warehouse: duckdb.DuckDBPyConnection) -> None:
    """As the sources' clocks showed them, where both scans of a stage survived."""
    found = warehouse.execute(
        """
        select count(*), count(found.stage), count(*) filter (
            found.stage is not null and (planted.place, planted.started_at, planted.ended_at)
                is distinct from (found.place, found.started_at, found.ended_at)
        )
        from read_parquet(?) as planted
        left join marts.fct_stage_durations as found using (fulfilment_code, stage)
        where planted.is_decidable
        """,
        [answers(demo, "stages")],
    ).fetchone()
    assert found is not None
    planted, met, wrong = found
    assert planted > 10_000 and met == planted and wrong == 0, found


def test_the_finding_at_warehouse_b_is_recovered(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """To a tenth of a point; that the planted figure itself is right takes more orders (the slow test)."""
    found = transfers_of_b(demo, warehouse)
    assert [row[0] for row in found] == [month for month, _, _ in FINDINGS]
    for month, planted, published_value, _ in found:
        assert abs(published_value - planted) < 0.001, (
            f"{month}: planted {planted}, published {published_value}"
        )


def test_the_erp_looks_well_and_the_truth_does_not(warehouse: duckdb.DuckDBPyConnection) -> None:
    erp, truth = rate(warehouse, "erp_on_time_rate"), rate(warehouse, "true_on_time_rate")
    assert abs(erp - 0.987) < 0.004
    assert truth < erp - 0.03
    assert rate(warehouse, "promise_kept_rate") <= truth


def test_quarantine_holds_the_planted_bad_rows_and_nothing_else(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    found = warehouse.execute(
        """
        select coalesce(held.file, planted.file), held.record, planted.line, held.reason, planted.kind
        from meta.quarantine as held
        full join read_parquet(?) as planted
            on (planted.source, planted."table", planted.file, planted.line)
                = (held.source, held.table_name, held.file, held.record)
        where held.file is null or planted.file is null
        """,
        [answers(demo, "bad_rows")],
    ).fetchall()
    assert found == []
    kinds = warehouse.execute("select count(distinct kind) from read_parquet(?)", [answers(demo, "bad_rows")])
    assert kinds.fetchone() == (4,)


def test_what_is_published_is_what_the_definitions_say(
    demo: Settings, warehouse: duckdb.DuckDBPyConnection
) -> None:
    lines, orders, _ = compare(warehouse, company_of(demo))
    assert not lines, f"{len(lines)} differences\n" + "\n".join(lines[:40])
    assert len(orders) > DAYS * SMALL / 2


@pytest.mark.slow
def test_the_whole_company_gives_the_published_findings(tmp_path: Path) -> None:
    """150 days at full size: warehouse B red in January, green in February, within 0.3 points of the case."""
    settings = one_night(tmp_path, FULL)
    with published(settings) as connection:
        assert wrong_orders(settings, connection) == []
        found = transfers_of_b(settings, connection)
        assert [(row[0], row[3]) for row in found] == [(month, colour) for month, _, colour in FINDINGS]
        for (_, stated, _), (month, planted, published_value, _) in zip(FINDINGS, found, strict=True):
            assert abs(published_value - planted) < 0.001, month
            assert abs(planted - stated) < 0.003, month
        assert abs(rate(connection, "erp_on_time_rate") - 0.987) < 0.001
        assert rate(connection, "true_on_time_rate") < rate(connection, "erp_on_time_rate") - 0.03


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
    assert len({load["source"] for load in loads if load["rows_read"]}) == 19
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
