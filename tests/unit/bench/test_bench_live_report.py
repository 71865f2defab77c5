"""The section about the small refresh, and where it stands in the page."""

from tests.bench import report_live

TOLD = {
    "rounds": 20,
    "well": 22,
    "seconds": 0.42,
    "slowest": 1.06,
    "cpu": 1.8,
    "share": 0.18,
    "usual": 9.4,
    "oldest": 11.6,
    "stock": 18_436,
    "tracks": 5_000,
}


def test_it_tells_each_case_and_marks_what_is_too_old() -> None:
    section = report_live.section(
        {"raced_at": "2026-11-26", "all well": TOLD, "one hangs": {**TOLD, "oldest": 18.2}}
    )
    well, hanging = section.splitlines()[-2:]
    assert well == "| all well | 20 | 22 of 22 | 0.4 (1.1) | 1.8 | 18% | 9.4 | 11.6 |"
    assert hanging.endswith("| **18.2** |")
    assert "18,436 figures of stock, 5,000 waybills" in section


def test_it_takes_its_own_place_and_no_others() -> None:
    page = "# Speed\n\nbefore\n"
    once = report_live.placed(page, report_live.section({"raced_at": "1", "a": TOLD}))
    assert report_live.placed(once, "") == page
    again = report_live.placed(
        once + "\n## Another\n\nafter\n", report_live.section({"raced_at": "2", "a": TOLD})
    )
    assert again.startswith(page) and "## Another\n\nafter\n" in again
    assert again.count(report_live.TITLE) == 1 and ", 2, on " in again and ", 1, on " not in again
