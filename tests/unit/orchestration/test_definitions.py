"""The code location as production loads it, over the plain test profile: what exists, and when it runs."""

import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import dagster as dg
import pytest

from dagster_project.lib import due
from dagster_project.settings import REPOSITORY, Settings
from tests.homes import settings_for

PLAIN = REPOSITORY / "tests" / "profiles" / "plain"
ENTITIES = ["customers", "events", "order_lines", "orders", "pick_lines", "receipts", "suborders", "waybills"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def location(data: Path) -> Iterator[ModuleType]:
    """`dagster_project.definitions`, loaded for the plain profile and forgotten again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUE_ON_TIME_PROFILE", str(PLAIN))
        patch.setenv("TRUE_ON_TIME_DATA", str(data))
        yield importlib.import_module("dagster_project.definitions")
    for name in [
        name
        for name in sys.modules
        if name.startswith(("dagster_project.definitions", "dagster_project.defs"))
    ]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def settings(data: Path) -> Settings:
    return settings_for(PLAIN, data)


@pytest.fixture(scope="module")
def graph(location: ModuleType) -> dg.AssetsDefinition:
    return location.defs.resolve_asset_graph()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


def test_one_asset_a_source_table(graph) -> None:
    landed = sorted(key.path[1] for key in graph.get_all_asset_keys() if key.path[0] == "landing")
    assert landed == [f"plain__{entity}" for entity in ENTITIES]


def test_files_lead_to_the_published_file(graph) -> None:
    """Landing before canonical, canonical before every model, every mart before the published file."""
    published = dg.AssetKey("published")
    upstream = {key.to_user_string() for key in graph.get(published).parent_keys}
    for mart in ("fct_orders", "fct_suborders", "kpi", "bridge", "agg_stage_deviation", "dim_places"):
        assert f"marts/{mart}" in upstream
    everything = dg.AssetSelection.assets(published).upstream().resolve(graph)
    assert {
        dg.AssetKey("canonical"),
        *(key for key in graph.get_all_asset_keys() if key.path[0] == "landing"),
    } <= set(everything)


def test_what_must_hold_gates_what_comes_after(graph) -> None:
    blocking = {key.asset_key for key in graph.asset_check_keys if key.name == "must_hold"}
    assert {key.path[0] for key in blocking} == {"landing", "marts"}
    for key in graph.asset_check_keys:
        if key.name in ("must_hold", "should_hold"):
            assert graph.get_check_spec(key).blocking == (key.name == "must_hold")


def test_every_mart_has_rules(graph) -> None:
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    checked = {key.asset_key for key in graph.asset_check_keys if key.name == "must_hold"}
    assert marts - checked == set()


def test_only_ingestion_is_retried(location: ModuleType) -> None:
    job = location.defs.resolve_job_def("nightly")
    retried = {node.name for node in job.nodes if node.definition.retry_policy}
    assert retried == {f"landing__plain__{entity}" for entity in ENTITIES}


def test_steps_share_one_process(location: ModuleType) -> None:
    """Each step of a multiprocess run would import everything again, and open a file that another holds."""
    assert location.defs.resolve_job_def("nightly").executor_def is dg.in_process_executor


def test_schedule_is_on_at_three_in_shanghai(location: ModuleType) -> None:
    schedule = location.defs.resolve_schedule_def("nightly_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Asia/Shanghai")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def tick(location: ModuleType, instance: dg.DagsterInstance, instant: datetime):
    schedule = location.defs.resolve_schedule_def("nightly_schedule")
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=instant) as context:
        return schedule.evaluate_tick(context)


def test_scheduled_night_is_of_its_scheduled_instant(
    location: ModuleType, instance: dg.DagsterInstance
) -> None:
    instant = due.last_night(datetime.now(UTC))
    (request,) = tick(location, instance, instant).run_requests
    assert request.tags["true_on_time/as_of"] == instant.isoformat()
    assert instant.isoformat().endswith("T03:00:00+08:00")


def test_overtaken_night_is_not_run(location: ModuleType, instance: dg.DagsterInstance) -> None:
    result = tick(location, instance, due.last_night(datetime.now(UTC)) - timedelta(days=1))
    assert not result.run_requests
    assert "overtaken" in result.skip_message


def sense(location: ModuleType, instance: dg.DagsterInstance):
    sensor = location.defs.resolve_sensor_def("missed_night")
    with dg.build_sensor_context(instance=instance) as context:
        return sensor.evaluate_tick(context)


def test_missed_night_is_caught_up_once(
    location: ModuleType, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "clock", lambda: datetime.fromisoformat("2026-03-01T03:10:00+08:00"))
    (request,) = sense(location, instance).run_requests
    assert request.tags["true_on_time/as_of"] == "2026-03-01T03:00:00+08:00"
    instance.create_run_for_job(location.defs.resolve_job_def("nightly"), tags=request.tags)
    again = sense(location, instance)
    assert not again.run_requests
    assert "started already" in again.skip_message


def test_night_is_not_missed_before_its_schedule_had_time(
    location: ModuleType, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "clock", lambda: datetime.fromisoformat("2026-03-01T03:09:59+08:00"))
    result = sense(location, instance)
    assert not result.run_requests
    assert "overtaken" in result.skip_message


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-03-01T02:59:59+08:00", "2026-02-28T03:00:00+08:00"),
        ("2026-03-01T03:00:00+08:00", "2026-03-01T03:00:00+08:00"),
        ("2026-02-28T19:00:00+00:00", "2026-03-01T03:00:00+08:00"),
        ("2026-03-01T23:30:00+08:00", "2026-03-01T03:00:00+08:00"),
    ],
)
def test_night_that_is_due(now: str, night: str) -> None:
    assert due.last_night(datetime.fromisoformat(now)).isoformat() == night


def test_nothing_published_covers_no_night(settings: Settings) -> None:
    assert not due.is_published(settings, datetime(2026, 1, 1, tzinfo=UTC))
