"""Every hand-counted case, against the oracle and against what one build publishes."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from oracle import rates, stages
from oracle.clock import local_day, minutes
from oracle.company import Company, Row
from oracle.compare import LEVELS, order_row, same, suborder_row
from oracle.events import told
from oracle.night import one_night, published, read
from oracle.orders import Order, verdicts
from oracle.reference import plain_reference, standard
from oracle.story import Story

from golden import cases_cancelled, cases_promise, cases_rates, cases_signed, cases_stages, cases_time
from golden.telling import AS_OF, CASES, Case, Expected

MODULES = (cases_cancelled, cases_promise, cases_rates, cases_signed, cases_stages, cases_time)
QUERIES = {
    "order": "select * from marts.fct_orders where order_id = ?",
    "sub": "select * from marts.fct_suborders where fulfilment_code = ?",
    "promise": "select * from marts.fct_promises where fulfilment_code = ?",
    "event": "select * from marts.fct_events where source_event_id = ?",
    "events of": (
        "select count(*) filter (event_type = 'delivered') as delivered from marts.fct_events "
        "where fulfilment_code = ?"
    ),
    "stage": "select * from marts.fct_stage_durations where fulfilment_code = ? and stage = ?",
    "kpi": "select * from marts.kpi where metric = ? and period = ? and period_start = ?",
    "bridge": "select * from marts.bridge where period = ? and period_start = ? and step = ?",
    "lateness": (
        "select * from marts.fct_lateness where order_id = ? and stage = ? and place is not distinct from ?"
    ),
    "deviation": (
        "select * from marts.agg_stage_deviation where period = ? and period_start = ? and stage = ? and "
        "place = ?"
    ),
}
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def golden() -> tuple[Company, dict[str, Expected]]:
    """The company of all cases together, and what each expects of it."""
    story = Story()
    expected = {case.name: case.tell(story) for case in CASES}
    reference = plain_reference()
    reference["standards"] += [
        standard("picked_up_to_hub_arrived", "900", place="SF"),
        standard("picked_up_to_hub_arrived", "1000.5", place="SF", order_type="consignment"),
        standard("picked_to_packed", "45", order_type="consignment"),
        standard("picked_to_packed", "30", place="GT"),
    ]
    return story.company(AS_OF, reference), expected


@pytest.fixture(scope="session")
def built(
    golden: tuple[Company, dict[str, Expected]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    with published(one_night(golden[0], tmp_path_factory.mktemp("golden"))) as connection:
        yield connection


def against(case: Case, expected: Expected, found: dict[tuple[str, Any], Row]) -> None:
    lines = [
        f"{key} {column}: {case.why} → {value}, not {found[key].get(column)}"
        for key, columns in expected.items()
        for column, value in columns.items()
        if not same(value, found[key].get(column)) and not close(value, found[key].get(column))
    ]
    assert not lines, "\n".join(lines)


def close(value: Any, found: Any) -> bool:
    """Hand-counted fractions are written to six places."""
    return (
        isinstance(value, float) and isinstance(found, float) and abs(value - found) < 1e-6 and value > 1e-6
    )


@cases
def test_published_as_counted_by_hand(
    case: Case, golden: tuple[Company, dict[str, Expected]], built: duckdb.DuckDBPyConnection
) -> None:
    expected, found = golden[1][case.name], {}
    for table, key in expected:
        rows = read(built, QUERIES[table], list(key) if isinstance(key, tuple) else [key])
        assert len(rows) == 1, f"{table} {key}: {len(rows)} rows. {case.why}"
        found[table, key] = rows[0]
    against(case, expected, found)


@cases
def test_oracle_as_counted_by_hand(
    case: Case, golden: tuple[Company, dict[str, Expected]], computed: dict[tuple[str, Any], Row]
) -> None:
    against(case, golden[1][case.name], computed)


@pytest.fixture(scope="session")
def computed(golden: tuple[Company, dict[str, Expected]]) -> dict[tuple[str, Any], Row]:
    """The oracle's rows for whatever any case asks of it."""
    company = golden[0].known_at(golden[0].as_of)
    orders, transits = verdicts(company)
    found: dict[tuple[str, Any], Row] = {}
    for order in orders:
        found["order", order.order_id] = order_row(order, company.timezone)
        for sub in order.subs:
            found["sub", sub.code] = suborder_row(order, sub)
        for code, lane in order.promise.lanes.items():
            found["promise", code] = {
                "promise_day": order.promise.day,
                "lane_level": LEVELS[lane.level],
                "sample": lane.sample,
                "p50_hours": lane.low_hours,
                "p80_hours": lane.high_hours,
                "buffer_hours": lane.buffer_hours,
            }
        for (stage, place), late in stages.attribution(company, order).items():
            found["lateness", (order.order_id, stage, place)] = {"late_minutes": float(late) / 60e6}
    for sub in (sub for order in orders for sub in order.subs):
        delivered = sum(event.event_type == "delivered" for event in sub.events)
        found["events of", sub.code] = {"delivered": delivered}
    found |= {("event", row["source_event_id"]): row for row in told(company) if row["source_event_id"]}
    wanted = [key for expected in golden[1].values() for key in expected]
    return found | stage_rows(company, orders, wanted) | rate_rows(company, orders, transits, wanted)


def stage_rows(
    company: Company, orders: list[Order], wanted: list[tuple[str, Any]]
) -> dict[tuple[str, Any], Row]:
    every = stages.all_stages(company, orders)
    subs = {sub.code: sub for order in orders for sub in order.subs}
    found: dict[tuple[str, Any], Row] = {}
    for stage in every:
        found["stage", (stage.code, stage.name)] = {
            "place": stage.place,
            "started_at": stage.started_at,
            "actual_minutes": None if stage.actual is None else minutes(stage.actual),
            "standard_minutes": None if stage.standard is None else minutes(stage.standard),
        }
    deviations = stages.deviations(company, every)
    nothing = {"suborders": 0, "actual": 0, "colour": "grey", "deviation": None}
    for table, key in wanted:
        if table == "deviation":
            period, start, name, place = key
            row = deviations.get(key, nothing)
            end = rates.period_end(company, period, start)
            excluded = [
                s
                for s in every
                if (s.name, s.place) == (name, place) and s.ended_at is not None and s.is_excluded
            ]
            found[table, key] = row | {
                "actual_minutes": minutes(row["actual"]),
                "open_overdue": stages.open_overdue(every, subs, end).get((name, place), 0),
                "excluded_suborders": len(excluded),
            }
    return found


def rate_rows(
    company: Company, orders: list[Order], transits: list[Any], wanted: list[tuple[str, Any]]
) -> dict[tuple[str, Any], Row]:
    counts = rates.daily(company, orders, transits)
    found: dict[tuple[str, Any], Row] = {}
    for table, key in wanted:
        if table == "kpi":
            metric, period, start = key
            last = local_day(rates.period_end(company, period, start, whole=True), company.timezone)
            numerator, denominator = rates.summed(counts, period, start).get((metric, start), [0, 0])
            if metric == "open_overdue":
                numerator, denominator = rates.open_overdue(company, orders, last)
            interval = rates.wilson(numerator, denominator, company.parameters.wilson_z) or (None, None)
            found[table, key] = {
                "numerator": numerator,
                "denominator": denominator,
                "value": numerator / denominator if denominator else None,
                "ci_low": interval[0],
                "ci_high": interval[1],
                "is_final": rates.is_final(company, last),
            }
        if table == "bridge":
            found[table, key] = bridge_row(company, orders, *key)
    return found


def bridge_row(company: Company, orders: list[Order], period: str, start: date, step: str) -> Row:
    steps = rates.bridge(company, orders, period, start)
    shares = {
        name: row["numerator"] / row["denominator"] for name, row in steps.items() if row["denominator"]
    }
    before = shares.get(rates.STEPS[rates.STEPS.index(step) - 1]) if step != "erp" else None
    row = dict(steps[step])
    return row | {
        "rate": shares.get(step),
        "points": None if before is None else 100 * (shares[step] - before),
        "complaint_rate": row["complaint_orders"] / row["orders"] if row["orders"] else None,
    }
