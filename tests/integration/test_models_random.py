"""Random small companies with all the dirt there is: what is published equals the oracle.

One example costs a whole night, so each holds hundreds of orders and there are few.
"""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from oracle.compare import compare
from oracle.night import night, one_night, published, settings_for
from oracle.random_company import random_company
from oracle.writing import write_drop

NIGHTS = 3
few = settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
seeds = st.integers(1, 10**6)
# what a profile may say; each example draws one
rules = st.sampled_from(
    [
        {"sign_rule": "earliest"},
        {"sign_rule": "carrier_first", "timezone": "Europe/Berlin"},
        {"sign_rule": "customer_first", "timezone": "America/Sao_Paulo", "promise_limit": "instant"},
    ]
)


def told(lines: list[str]) -> str:
    """The first differences, readable in a failing test."""
    return f"{len(lines)} differences\n" + "\n".join(lines[:40])


@seed(20260301)
@few
@given(number=seeds, rule=rules)
def test_one_night_publishes_what_the_definitions_say(
    tmp_path_factory: pytest.TempPathFactory, number: int, rule: dict[str, str]
) -> None:
    company = random_company(number, 300, **rule)
    home = one_night(company, tmp_path_factory.mktemp("random"))
    with published(home) as connection:
        lines, orders, _ = compare(connection, company)
    assert not lines, told(lines)
    assert sum(order.is_on_time is True for order in orders) > 20, "the company is too dull to prove anything"
    assert sum(order.is_on_time is False for order in orders) > 20


def test_rows_over_several_nights_in_any_order_publish_the_same(tmp_path: Path) -> None:
    """Each night sees a later as_of; a row lands on any night from the one it was recorded for, or before
    it.
    """
    company, dice = random_company(77, 250), random.Random(77)
    home = settings_for(company, tmp_path)
    as_ofs = [company.as_of - timedelta(days=11 * (NIGHTS - n)) for n in range(1, NIGHTS + 1)]
    drops: list[dict[str, list[dict[str, object]]]] = [{} for _ in as_ofs]
    for entity, rows in company.rows.items():
        for row in dice.sample(rows, len(rows)):
            due = next((n for n, as_of in enumerate(as_ofs) if row["recorded_at"] <= as_of), NIGHTS - 1)
            arrives = dice.choice([due, due, due, max(0, due - 1), min(NIGHTS - 1, due + 1), NIGHTS - 1])
            drops[arrives].setdefault(entity, []).append(row)
    landed: dict[str, list[dict[str, object]]] = {entity: [] for entity in company.rows}
    for n, (as_of, drop) in enumerate(zip(as_ofs, drops, strict=True)):
        write_drop(drop, home.source_dir, date(2026, 1, 1) + timedelta(days=n))
        night(home, as_of)
        for entity, of_entity in drop.items():
            landed[entity] += of_entity
        with published(home) as connection:
            lines, _, _ = compare(connection, replace(company, rows=landed, as_of=as_of))
        assert not lines, f"night {n + 1}: {told(lines)}"
    assert landed.keys() == company.rows.keys()
    assert all(len(landed[entity]) == len(rows) for entity, rows in company.rows.items())
    with published(home) as connection:
        full = connection.execute("select bool_or(is_full_refresh) from meta.runs where run_number > 1")
        assert full.fetchone() == (False,), "the later nights were meant to be incremental"
