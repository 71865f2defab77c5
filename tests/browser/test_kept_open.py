"""A page that is left open, on a wall: it shows the next night without anybody touching it."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.browser.conftest import Company, Look, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_a_page_left_open_shows_the_next_night(
    company: Callable[[str], Company], look: Callable[..., Look], tmp_path: Path
) -> None:
    folder = tmp_path / "demo" / "published"
    folder.mkdir(parents=True)
    first, second = folder / "1.duckdb", folder / "2.duckdb"
    for version in (first, second):
        shutil.copy(company("demo").file.resolve(), version)
    with duckdb.connect(str(second)) as connection:
        # as the second night has it, no order was in time
        connection.execute("update marts.agg_on_time_daily set signed_on_time_orders = 0")
    link, draft = folder / "warehouse.duckdb", folder / "draft"
    link.symlink_to(first.name)
    with serve("demo", tmp_path) as address:
        shown = look(Company("demo", link, address))
        shown.page.clock.install()
        shown.open("lang=en&period=2026-02")
        assert shown.metric("headline_true") != "0.0 %"
        draft.symlink_to(second.name)
        os.replace(draft, link)
        shown.page.clock.fast_forward("01:01")
        value = shown.page.locator('.st-key-headline_true [data-testid="stMetricValue"]')
        value.filter(has_text=re.compile(r"^\s*0\.0")).wait_for()
        shown.settled()
        # the same page, the same period; nothing but the figures is new
        assert "period=2026-02" in shown.page.url and shown.metric("headline_true") == "0.0 %"
        shown.page.close()  # before its server ends
