"""The bench's page: ratios, and the table that README quotes."""

import pytest

from tests.bench import report


def run(wall: float, startup: float) -> dict[str, object]:
    return {"wall": wall, "startup": startup, "peak_mb": 700.0}


RESULT = {
    "orders": 1_000_000,
    "days": 365,
    "runs": {
        # ratios are of each round: 10 and 20 times by hand, though the medians alone would say 16
        "by_hand": [run(10, 0), run(2, 0)],
        "rebuild": [run(110, 10), run(50, 10)],
        "night": [run(20, 10), run(16, 10)],
        "idle": [run(15, 9), run(13, 9)],
    },
}


def test_summary_is_without_start_up_and_its_ratios_are_of_rounds() -> None:
    row = report.summary([RESULT]).splitlines()[-1]
    assert row == "| 1,000,000 in 365 days | 6.0 | 70.0 | 15.00 | 8.0 | 12% | 14.0 | 700 | 700 |"


def test_summary_takes_the_place_of_the_last_one() -> None:
    document = f"before\n{report.MARK}\nold\n{report.MARK}\nafter\n"
    placed = report.placed(document, [RESULT])
    assert placed == f"before\n{report.MARK}\n{report.summary([RESULT])}\n{report.MARK}\nafter\n"


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no two marks"):
        report.placed(f"one {report.MARK} only", [RESULT])


def test_a_size_without_nights_has_a_row_without_them() -> None:
    runs = {name: runs for name, runs in RESULT["runs"].items() if name not in ("night", "idle")}
    row = report.summary([{**RESULT, "runs": runs}]).splitlines()[-1]
    assert row == "| 1,000,000 in 365 days | 6.0 | 70.0 | 15.00 |  |  |  | 700 |  |"
