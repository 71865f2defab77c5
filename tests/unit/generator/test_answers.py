"""What the answers say fits together, and the planted findings are in them."""

import pytest

from dagster_project.demo_company.company import SOURCES
from tests.unit.generator.conftest import Company


def _figure(company: Company, name: str, place: str | None = None, period: str = "all") -> float:
    found = company.history.execute(
        "SELECT value FROM read_parquet(?) WHERE name = ? AND place IS NOT DISTINCT FROM ? AND period = ?",
        [company.answers("figures"), name, place, period],
    ).fetchone()
    assert found is not None
    return float(found[0])


def _one(company: Company, query: str, *names: str) -> tuple[float, ...]:
    found = company.history.execute(query, [company.answers(name) for name in names]).fetchone()
    assert found is not None
    return found


def test_the_erp_is_content_and_the_truth_is_clearly_lower(company: Company) -> None:
    assert _figure(company, "erp_on_time_rate") == pytest.approx(0.987, abs=0.001)
    assert 0.86 < _figure(company, "true_on_time_rate") < 0.94


@pytest.mark.parametrize(("month", "deviation"), [("2026-01", 0.142), ("2026-02", 0.021)])
def test_transfers_of_warehouse_b_deviate_as_planted(company: Company, month: str, deviation: float) -> None:
    assert _figure(company, "transfer_deviation", "B", month) == pytest.approx(deviation, abs=0.003)


def test_the_deviation_is_what_the_stages_add_up_to(company: Company) -> None:
    actual, planned = _one(
        company,
        """
        SELECT sum(epoch(ended_at - started_at)) / 60, count(*) * 720
        FROM read_parquet(?)
        WHERE stage = 'transfer' AND place = 'B' AND is_decidable
            AND ended_at > TIMESTAMPTZ '2026-01-01 00:00:00+08' AND ended_at <= TIMESTAMPTZ '2026-02-01 00:00:00+08'
        """,
        "stages",
    )
    assert actual / planned - 1 == pytest.approx(
        _figure(company, "transfer_deviation", "B", "2026-01"), abs=1e-9
    )


def test_every_order_has_one_answer(company: Company) -> None:
    rows, orders, asked = _one(
        company,
        "SELECT count(*), count(DISTINCT order_id), (SELECT count(*) FROM orders) FROM read_parquet(?)",
        "orders",
    )
    assert rows == orders == asked


def test_verdict_lateness_and_times_agree(company: Company) -> None:
    (wrong,) = _one(
        company,
        """
        SELECT count(*) FROM read_parquet(?)
        WHERE is_on_time IS DISTINCT FROM (lateness_minutes <= 0)
            OR (is_on_time IS NOT NULL AND (signed_at IS NULL OR promised_at IS NULL))
            OR (order_type <> 'batch_delivery' AND is_on_time IS NOT NULL
                AND abs(epoch(signed_at - promised_at) / 60 - lateness_minutes) > 1e-6)
        """,
        "orders",
    )
    assert wrong == 0


def test_most_orders_are_decidable_and_those_that_are_not_lost_evidence(company: Company) -> None:
    share, sub_share = _one(
        company,
        "SELECT avg(orders.is_decidable::INTEGER), (SELECT avg(is_decidable::INTEGER) FROM read_parquet(?))"
        " FROM read_parquet(?) AS orders",
        "suborders",
        "orders",
    )
    assert 0.97 < share < 1
    assert share <= sub_share < 1


def test_a_decidable_signature_is_off_by_the_clock_only(company: Company) -> None:
    """Where the carrier signed and all scans survived, true and shown differ by minutes, or a correction is missing."""
    share = _one(
        company,
        """
        SELECT avg((abs(epoch(signed_at - true_signed_at)) <= 300)::INTEGER) FROM read_parquet(?)
        WHERE sign_source = 'carrier' AND is_decidable AND sign_method <> 'locker' AND ending = 'normal'
        """,
        "suborders",
    )[0]
    assert share > 0.995


def test_causes_are_stages_of_late_orders(company: Company) -> None:
    late, caused, others = _one(
        company,
        """
        SELECT count(*) FILTER (lateness_minutes > 0), count(cause_stage) FILTER (lateness_minutes > 0),
            count(cause_stage) FILTER (NOT coalesce(lateness_minutes > 0, false))
        FROM read_parquet(?)
        """,
        "orders",
    )
    assert others == 0
    assert late * 0.9 < caused <= late


def test_every_source_has_its_clock(company: Company) -> None:
    rows = company.history.execute(
        "SELECT source FROM read_parquet(?)", [company.answers("clocks")]
    ).fetchall()
    assert [row[0] for row in rows] == list(SOURCES)
