"""Who takes part in a race."""

import sys
from pathlib import Path

import pytest

from tests.bench.race import RIVALS, RIVALS_ORDERS, Race


def taking_part(orders: int) -> tuple[list[str], list[str]]:
    """The scripts that take part, and what is said of the others."""
    said: list[str] = []
    return Race(Path("nowhere"), orders, 1_000, said.append)._scripts(), said


def test_all_contenders_take_part_where_their_packages_are() -> None:
    assert taking_part(1_000) == (["by_hand", *RIVALS], [])


def test_a_contender_without_its_package_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    assert taking_part(1_000) == (
        ["by_hand", "by_pandas"],
        ["left out: by_polars, because polars is not installed: make setup installs it"],
    )


def test_rivals_are_left_out_of_what_they_cannot_hold() -> None:
    names, said = taking_part(RIVALS_ORDERS + 1)
    assert names == ["by_hand"]
    assert said == [f"left out: {name}, only up to {RIVALS_ORDERS:,} orders" for name in RIVALS]
