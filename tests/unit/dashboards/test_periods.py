"""The period in the address bar."""

from datetime import date

import pytest

from dashboards.ui.periods import Period, parse

FIRST, LAST = date(2026, 1, 5), date(2026, 2, 20)


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("all", Period("all", FIRST, LAST, "all")),
        ("2026-01", Period("month", date(2026, 1, 1), date(2026, 1, 31), "2026-01")),
        ("2026-02", Period("month", date(2026, 2, 1), LAST, "2026-02", is_so_far=True)),
        ("2026-02-20", Period("day", LAST, LAST, "2026-02-20")),
        (
            "2026-01-30..2026-02-02",
            Period("days", date(2026, 1, 30), date(2026, 2, 2), "2026-01-30..2026-02-02"),
        ),
        ("2026-02-02..2026-02-02", Period("day", date(2026, 2, 2), date(2026, 2, 2), "2026-02-02")),
    ],
    ids=["whole_history", "month", "month_so_far", "day", "own_days", "own_days_of_one_day"],
)
def test_what_a_code_means(code: str, period: Period) -> None:
    assert parse(code, FIRST, LAST) == period


@pytest.mark.parametrize(
    "code",
    [
        "2025-12",
        "2026-03",
        "2026-13",
        "2026-02-30",
        "2026-02-21",
        "2026-02-09..2026-02-01",
        "a..b",
        "x",
        "2026",
    ],
)
def test_what_means_nothing_here(code: str) -> None:
    assert parse(code, FIRST, LAST) is None
