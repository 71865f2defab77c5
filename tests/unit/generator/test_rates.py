"""Each kind of dirt occurs at its documented rate: within five standard deviations of a draw at that rate."""

import math

import pytest

from dagster_project.demo_company.company import KIND, SOURCES
from dagster_project.demo_company.dirt import NO_EVENT_ID, RATES
from dagster_project.demo_company.outcomes import (
    DAMAGED,
    DISPUTED,
    FAILED_ONCE,
    LOCKER,
    LOST_PARCEL,
    REFUSED,
    RETURNED,
)
from tests.unit.generator.conftest import Company

SCANS = f"(kind BETWEEN {KIND['transfer_requested']} AND {KIND['transfer_received']}" + (
    f" OR kind BETWEEN {KIND['pick_created']} AND {KIND['lost']})"
)
LIVELY = (
    f"kind NOT IN ({KIND['placed']}, {KIND['cancelled']}, {KIND['erp_shipped']}, {KIND['erp_completed']})"
)
# extras (second deliveries, clicks, tickets) have no scan to lose
OF_A_KIND = f"kind NOT IN ({KIND['out_for_delivery']}, {KIND['delivered']})"
ORIGINAL = "replaces < 0 AND NOT is_void"
EVENTS = {
    "lost_scan": ("fate = 1", f"version = 0 AND {SCANS} AND {OF_A_KIND}"),
    "malformed": (
        "fate = 2",
        f"version = 0 AND {LIVELY}",
    ),
    "exact_duplicate": ("is_twice", f"fate = 0 AND version = 0 AND {SCANS} AND {OF_A_KIND}"),
    "recorded_late": ("recorded - shown > 80000", f"{SCANS} AND source BETWEEN 1 AND 3"),
    "recorded_late_front": ("recorded - shown > 80000", f"{SCANS} AND source = 4"),
}
ENDINGS = {
    "returned_by_sender": RETURNED, "refused": REFUSED, "lost_parcel": LOST_PARCEL, "damaged": DAMAGED,
    "locker": LOCKER,
    "disputed": DISPUTED, "attempt_failed": FAILED_ONCE,
}  # fmt: skip


def _holds(found: int, of: int, rate: float) -> bool:
    return abs(found - of * rate) <= 5 * math.sqrt(of * rate) + 1


def _counts(company: Company, query: str) -> tuple[int, int]:
    found = company.history.execute(query).fetchone()
    assert found is not None
    return found[0], found[1]


@pytest.mark.parametrize("kind", EVENTS)
def test_events_are_spoilt_at_the_documented_rate(company: Company, kind: str) -> None:
    condition, where = EVENTS[kind]
    found, of = _counts(company, f"SELECT count(*) FILTER ({condition}), count(*) FROM events WHERE {where}")
    assert of > 5000
    assert _holds(found, of, RATES[kind])


@pytest.mark.parametrize("kind", ENDINGS)
def test_journeys_end_badly_at_the_documented_rate(company: Company, kind: str) -> None:
    found, of = _counts(
        company,
        f"SELECT count(*) FILTER (ending = {ENDINGS[kind]}), count(*) FROM suborders WHERE {ORIGINAL}",
    )
    assert _holds(found, of, RATES[kind])


@pytest.mark.parametrize(
    ("kinds", "table", "where"),
    [
        (("cancelled_early", "cancelled_late", "cancelled_after_signature"), "orders", "true"),
        (
            ("part_cancelled_early", "part_cancelled_late", "part_cancelled_after_signature"),
            "suborders",
            "ord IN (SELECT ord FROM suborders WHERE replaces < 0 GROUP BY ord HAVING count(*) > 1) AND replaces < 0",
        ),
    ],
)
def test_cancellations_come_at_the_documented_rate(
    company: Company, kinds: tuple[str, ...], table: str, where: str
) -> None:
    """Those planned after a signature that never came do not happen, so a little fewer are found."""
    found, of = _counts(
        company, f"SELECT count(*) FILTER (cancelled >= 0), count(*) FROM {table} WHERE {where}"
    )
    rate = sum(RATES[kind] for kind in kinds)
    assert found > 30
    assert abs(found - of * rate * 0.97) <= 5 * math.sqrt(of * rate)


def test_a_late_cancellation_comes_after_any_promise(company: Company) -> None:
    """Stuck orders are cancelled four days after the wished day at least, and no buffer is longer than three."""
    found, of = _counts(
        company,
        f"""
        SELECT count(*) FILTER (orders.cancelled >= (wished_day + 1) * 86400 - 28800 + 4 * 86400), count(*)
        FROM orders
        WHERE cancelled >= 0 AND wished_day >= day AND type <> 2 AND EXISTS (
            SELECT 1 FROM events JOIN suborders USING (sub)
            WHERE suborders.ord = orders.ord AND kind = {KIND["exception"]} AND ending = 0 AND suborders.cancelled < 0
        )
        """,
    )
    assert of >= 5
    assert found == of


def test_corrected_deliveries_keep_their_id_and_tell_an_earlier_time(company: Company) -> None:
    silent = ", ".join(str(SOURCES.index(source)) for source in NO_EVENT_ID)
    found, of = _counts(
        company,
        f"""
        SELECT count(*) FILTER (version = 1), count(*) FILTER (version = 0) FROM events
        WHERE kind = {KIND["delivered"]} AND source NOT IN ({silent}) AND fate = 0
        """,
    )
    assert _holds(found, of, RATES["corrected"])
    wrong = company.history.execute(
        """
        SELECT count(*) FROM events AS corrected JOIN events AS first USING (ev)
        WHERE corrected.version = 1 AND first.version = 0
            AND NOT (corrected.shown < first.shown AND corrected.recorded > first.recorded)
        """
    ).fetchone()
    assert wrong == (0,)


def test_packing_is_scanned_before_picking_at_the_documented_rate(company: Company) -> None:
    found, of = _counts(
        company,
        f"""
        SELECT count(*) FILTER (packed.shown < picked.shown), count(*)
        FROM (SELECT sub, shown FROM events WHERE kind = {KIND["packed"]}) AS packed
        JOIN (SELECT sub, shown FROM events WHERE kind = {KIND["picked"]}) AS picked USING (sub)
        """,
    )
    assert _holds(found, of, RATES["out_of_order"])


def test_clocks_are_off_by_what_the_answers_say(company: Company) -> None:
    """What a source shows differs from the truth by its offset; hand-typed times also lose their seconds."""
    wrong = company.history.execute(
        f"""
        WITH clocks AS (SELECT * FROM read_parquet(?)),
        seen AS (
            SELECT events.*, [{", ".join(f"'{source}'" for source in SOURCES)}][events.source + 1] AS name FROM events
            WHERE version = 0 AND kind NOT IN ({KIND["packed"]}, {KIND["delivered"]})
        )
        SELECT count(*) FROM seen JOIN clocks ON clocks.source = seen.name
        WHERE shown - t <> CASE WHEN name IN ('ycsp', 'zjky') THEN -(t % 60) ELSE offset_seconds END
        """,
        [company.answers("clocks")],
    ).fetchone()
    assert wrong == (0,)


def test_no_event_is_written_before_it_shows(company: Company) -> None:
    assert company.history.execute("SELECT count(*) FROM events WHERE recorded < shown").fetchone() == (0,)


def test_wrong_picks_fall_over_the_period(company: Company) -> None:
    early, late = company.history.execute(
        """
        SELECT avg((picked_sku <> sku)::INTEGER) FILTER (picked_at < TIMESTAMP '2026-01-05'),
            avg((picked_sku <> sku)::INTEGER) FILTER (picked_at > TIMESTAMP '2026-02-05')
        FROM (
            SELECT picked_sku, sku, TRY_CAST(picked_at AS TIMESTAMP) AS picked_at
            FROM read_csv(?, all_varchar = true, strict_mode = false, ignore_errors = true)
        )
        """,
        [str(company.source / "wms_a/tasks/*/*.csv")],
    ).fetchone()
    assert 0.05 < early < 0.08
    assert 0.01 < late < 0.04
