"""A day's rates as first published, worked out afterwards, are what a night at that hour really counts."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, Settings

LAST = number(date(2026, 2, 28))
DAY = date(2026, 2, 10)
MOVED = (
    "complaint_rate", "in_full_on_time_rate", "promise_kept_rate", "promised_share", "true_on_time_rate",
    "wished_date_hit_rate",
)  # fmt: skip
METRICS = tuple(sorted((*MOVED, "erp_on_time_rate")))  # the demo company's ERP records nothing late
TAKEN_BACK = """
    select kpi.metric,
        kpi.numerator - count(moved.metric) filter (is_met) + count(moved.metric) filter (was_met),
        kpi.denominator - count(moved.metric) filter (is_counted) + count(moved.metric) filter (was_counted),
        count(moved.metric)
    from marts.kpi as kpi
    left join marts.fct_restatements as moved on moved.metric = kpi.metric and moved.day = kpi.period_start
    where kpi.period = 'day' and kpi.period_start = $1 and list_contains($2, kpi.metric)
    group by kpi.metric, kpi.numerator, kpi.denominator order by kpi.metric
"""
COUNTED = """
    select metric, numerator, denominator from marts.kpi
    where period = 'day' and period_start = $1 and list_contains($2, metric) order by metric
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_moved_a_day_leads_back_to_what_its_own_night_counted(tmp_path: Path) -> None:
    generate(Size(LAST - 74, LAST, 250, 7), tmp_path / "demo", lambda line: None)

    def rows(name: str, as_of: datetime | None, query: str, *values: object) -> list[tuple]:
        source = tmp_path / "demo" / "source"
        settings = Settings("demo", PROFILES / "demo", source, tmp_path / name, as_of=as_of, port=0)
        night = run_night(settings, with_quality=False, say=lambda line: None)
        assert night.status == "published", night.message
        with duckdb.connect(str(settings.published_file.resolve()), read_only=True) as connection:
            return connection.execute(query, [DAY, *values]).fetchall()

    three = datetime(DAY.year, DAY.month, DAY.day, 3, tzinfo=ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    known_later = rows("now", None, TAKEN_BACK, list(METRICS))
    assert [metric for metric, *_ in known_later] == list(METRICS)
    assert {metric for metric, *_, moved in known_later if moved} == set(MOVED)
    assert [row[:3] for row in known_later] == rows("then", three, COUNTED, list(METRICS))
