"""The bench's comparison finds a difference that was planted, and none where there is none."""

from pathlib import Path

import duckdb
import pytest

from tests.bench import compare

MARTS = """
    create schema marts;
    create table marts.fct_orders as
    select 'O' || n as order_id, timestamptz '2026-01-05 00:00:00+08' as promised_at,
        timestamptz '2026-01-04 09:00:00+08' + to_hours(n) as signed_at, true as is_on_time,
        (-60 * (15 - n))::double as lateness_minutes, n as not_asked
    from range(10) as t (n);
    create table marts.kpi as
    select metric, 'all' as period, date '2026-01-01' as period_start, 9::bigint as numerator, 10::bigint as denominator
    from (values ('true_on_time_rate'), ('promise_kept_rate'), ('erp_on_time_rate'), ('wished_date_hit_rate'),
        ('in_full_on_time_rate'), ('complaint_rate')) as metrics (metric);
    create table marts.agg_stage_deviation as
    select 'month' as period, date '2026-01-01' as period_start, 'transfer' as stage, place, 40::bigint as suborders,
        1e9 as actual_minutes, 9e8 as standard_minutes
    from (values ('A'), (null)) as places (place);
    create table marts.bridge as
    select 'all' as period, date '2026-01-01' as period_start, step, 9::bigint as numerator, 10::bigint as denominator,
        10::bigint as orders
    from (values ('erp'), ('erp_due')) as steps (step);
    create table marts.fct_lateness as
    select 'O1' as order_id, 'transfer' as stage, place, 12.5::double as late_minutes
    from (values ('A'), (null)) as places (place);
"""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    file = tmp_path / "published.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(MARTS)
    return file


def by_script(published: Path, change: str = "") -> list[str]:
    """What is found once a script's tables, a copy of the marts, were changed."""
    out = published.with_name("out.duckdb")
    with duckdb.connect(str(out)) as connection:
        connection.execute(f"attach '{published}' as published (read_only)")
        for figure in compare.FIGURES:
            connection.execute(f"create table {figure.table} as from published.marts.{figure.mart}")
        connection.execute("detach published")
        connection.execute(change)
    return compare.with_script(published, out)


def test_the_same_figures_do_not_differ(published: Path) -> None:
    assert by_script(published) == []
    assert compare.with_published(published, published) == []


@pytest.mark.parametrize(
    "harmless",
    [
        "alter table verdicts drop not_asked",
        "delete from rates where metric = 'complaint_rate'",
        "update deviations set actual_minutes = actual_minutes + 1e-4",
        "update lateness set late_minutes = late_minutes + 1e-7",
    ],
)
def test_what_is_not_asked_or_rounding_is_no_difference(published: Path, harmless: str) -> None:
    assert by_script(published, harmless) == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("update verdicts set is_on_time = null where order_id = 'O3'", "another is_on_time in 1 rows: O3 True None"),
        ("update verdicts set not_asked = 0 where order_id = 'O3'", "another not_asked in 1 rows: O3 3 0"),
        ("delete from verdicts where order_id = 'O3'", "no such row in 1 rows: O3"),
        ("insert into verdicts from verdicts limit 1", "verdicts: 11 rows, published are 10"),
        ("delete from rates where metric = 'erp_on_time_rate'", "no erp_on_time_rate"),
        ("update rates set numerator = 8 where metric = 'complaint_rate'", "another numerator in 1 rows"),
        ("update deviations set actual_minutes = actual_minutes + 10", "another actual_minutes in 2 rows"),
        ("update lateness set late_minutes = late_minutes + 1e-5 where place = 'A'", "another late_minutes in 1 rows"),
        ("update lateness set late_minutes = null where place is null", "another late_minutes in 1 rows"),
        ("alter table bridge drop orders", "there is no column orders"),
        ("drop table lateness", "lateness: there is no such table"),
    ],
)  # fmt: skip
def test_a_planted_difference_is_found(published: Path, planted: str, found: str) -> None:
    assert found in "\n".join(by_script(published, planted))
