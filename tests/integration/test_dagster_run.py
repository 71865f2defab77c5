"""`make run` as it is called: the nightly job through Dagster, in a process of its own."""

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from integration.nights import Replay, copied, differences, figures, replay
from oracle.writing import write_drop

from dagster_project.settings import REPOSITORY, Settings

DROP = date(2026, 2, 21)


@pytest.fixture(scope="module")
def company() -> Replay:
    return replay(seed=23, nights=1, orders=40)


def make_run(settings: Settings, company: Replay) -> subprocess.CompletedProcess[str]:
    variables = {
        "TRUE_ON_TIME_PROFILE": str(settings.profile_dir),
        "TRUE_ON_TIME_SOURCE": str(settings.source_dir),
        "TRUE_ON_TIME_DATA": str(settings.home.parent),
        "TRUE_ON_TIME_AS_OF": company.ends[0].isoformat(),
        "PYTHONPATH": str(REPOSITORY),
    }
    return subprocess.run(
        [sys.executable, "-m", "dagster_project.commands.run"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def published(company: Replay, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, str]:
    """The home after a first `make run`, and what it printed."""
    settings = company.settings(tmp_path_factory.mktemp("published"))
    company.deliver(settings, 0)
    done = make_run(settings, company)
    assert done.returncode == 0, done.stdout + done.stderr
    return settings, done.stdout


def last_run(settings: Settings) -> dg.DagsterRun:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        return instance.get_runs(limit=1)[0]


def status(settings: Settings) -> dict:
    return json.loads((settings.published_file.parent / "status.json").read_text(encoding="utf-8"))


def test_headline_puts_both_figures_side_by_side(published: tuple[Settings, str]) -> None:
    settings, printed = published
    for metric, title in (
        ("true_on_time_rate", "true on-time"),
        ("erp_on_time_rate", "on-time as the ERP counts"),
    ):
        query = f"select numerator, denominator from marts.kpi where metric = '{metric}' and period = 'all'"
        ((numerator, denominator),) = figures(settings, query)
        assert denominator > 0
        (line,) = [line for line in printed.splitlines() if line.strip().startswith(title)]
        assert line.endswith(f"({numerator:,} of {denominator:,})")


def test_run_is_calm(published: tuple[Settings, str]) -> None:
    """Some lines a step, none of a library's own."""
    lines = published[1].splitlines()
    assert len(lines) < 60
    assert not [line for line in lines if "DEBUG" in line or "Warning" in line]


def test_every_asset_is_materialized_and_checked(published: tuple[Settings, str]) -> None:
    settings, _ = published
    run = last_run(settings)
    assert run.status == dg.DagsterRunStatus.SUCCESS
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        events = [
            record.event_log_entry.dagster_event
            for record in instance.get_records_for_run(run.run_id).records
        ]
    made = {event.asset_key.to_user_string() for event in events if event and event.is_step_materialization}
    assert {"landing/plain__orders", "canonical", "marts/kpi", "published"} <= made
    checked = {
        event.asset_check_evaluation_data.asset_key.to_user_string()
        for event in events
        if event and event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
    }
    assert {"landing/plain__orders", "marts/fct_orders"} <= checked


def test_status_is_left_for_the_pages(published: tuple[Settings, str]) -> None:
    settings, _ = published
    said = status(settings)
    assert (said["last_run"], said["status"]) == (1, "published")
    assert said["run_id"] == last_run(settings).run_id


def test_second_run_changes_nothing(published: tuple[Settings, str], company: Replay, tmp_path: Path) -> None:
    settings = copied(published[0], tmp_path)
    done = make_run(settings, company)
    assert done.returncode == 0, done.stdout + done.stderr
    assert differences(settings, published[0]) == {}
    assert figures(settings, "select run_number, is_full_refresh from meta.run") == [(2, False)]


def test_blocked_night_leaves_the_file_of_the_night_before(
    published: tuple[Settings, str], company: Replay, tmp_path: Path
) -> None:
    """Overnight the orders' times come in another format: nearly all new rows are refused, every number would
    be wrong."""
    settings = copied(published[0], tmp_path)
    rows = [
        {**row, "order_id": f"{row['order_id']}-{copy}", "placed_at": "yesterday"}
        for row in company.company.rows["orders"]
        for copy in range(4)
    ]
    assert len(rows) > 100
    spoiled = tmp_path / "source"
    write_drop({"orders": rows}, spoiled, DROP + timedelta(days=1))
    moved = spoiled / "plain" / "orders" / f"{DROP + timedelta(days=1)}"
    arrived = settings.source_dir / "plain" / "orders" / moved.name
    arrived.symlink_to(moved)
    try:
        done = make_run(settings, company)
    finally:
        arrived.unlink()

    assert done.returncode == 1
    assert "night blocked" in done.stdout
    assert "format_unchanged" in done.stdout
    assert last_run(settings).status == dg.DagsterRunStatus.FAILURE
    assert settings.published_file.readlink() == Path("versions/warehouse_1.duckdb")
    assert differences(settings, published[0]) == {}
    said = status(settings)
    assert (said["last_run"], said["status"]) == (2, "blocked")
    assert "orders" in said["message"]
    with duckdb.connect(str(settings.build_file), read_only=True) as build:
        assert build.execute("select status from meta.runs where run_number = 2").fetchall() == [("blocked",)]
        failed = build.execute(
            "select expectation, severity from meta.quality where run_number = 2 and not passed order by all"
        ).fetchall()
    assert ("format_unchanged", "block") in failed
