"""The pages of a published file in Chromium, timed: `python -m tests.bench.browser FILE OUT` writes JSON.

Belongs here: what a reader waits for. Cold: a server that has just started and a browser without a cache. A change of
page or of period: in a session that is open. Then twenty readers at once. Not here: the queries alone (pages.py).
"""

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from dashboards.serving import served
from dashboards.ui.navigation import PAGES

TRIES = 3
LEAST_MONTHS = 2 * TRIES + 1  # so that no try asks what another has asked
READERS = 20
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1600, "height": 1000}
KEYS = [key for group in PAGES.values() for key in group]
# what these show first is the same in every month
OF_NO_PERIOD = ("definitions", "data_health", "decisions", "sql")
# the first picture, table or definition on the page, drawn of the present answers; "" while there is none
FIRST = """
() => {
  const found = document.querySelector(
    '.stPlotlyChart, [data-testid="stDataFrame"], .st-key-definitions_tables details,'
    + ' .st-key-sql_columns table')
  if (!found || !found.querySelector('svg.main-svg, canvas, summary, td')) return ''
  const box = found.closest('[data-testid="stElementContainer"]')
  return box && box.dataset.stale === 'true' ? '' : found.innerHTML
}
"""
# notes on a page just opened when that was, in milliseconds since it was asked for
NOTE = f"""
window.firstDrawn = 0
const first = {FIRST}
const look = () => {{ if (first()) window.firstDrawn = performance.now(); else requestAnimationFrame(look) }}
requestAnimationFrame(look)
"""


def main(file: Path, out: Path) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        cold = {key: statistics.median(_cold(file, chromium, key) for _ in range(TRIES)) for key in KEYS}
        with serve(file) as address:
            changed = {key: _changed(chromium, address, key) for key in KEYS}
        with serve(file) as address:
            crowd = _crowd(chromium, address)
        chromium.close()
    pages = {key: {"cold_s": cold[key], **changed[key]} for key in KEYS}
    out.write_text(json.dumps({"pages": pages, "crowd": crowd}, indent=1), encoding="utf-8")


def serve(file: Path) -> AbstractContextManager[str]:
    """The app on the published file, as a process of its own; ready once it answers."""
    profile = file.parent.parent
    return served(TRUE_ON_TIME_DATA=str(profile.parent), TRUE_ON_TIME_PROFILE=str(profile))


def _path(key: str) -> str:
    return "" if key == KEYS[0] else key


def _reader(chromium: Browser) -> Page:
    page = chromium.new_context(viewport=SIZE).new_page()
    page.add_init_script(NOTE)
    return page


def _drawn(page: Page) -> float:
    """Seconds from asking for the page to its first picture."""
    page.wait_for_function("window.firstDrawn", timeout=120_000)
    return page.evaluate("window.firstDrawn") / 1000


def _cold(file: Path, chromium: Browser, key: str) -> float:
    """Nothing is kept by the server, nothing by the browser."""
    with serve(file) as address:
        page = _reader(chromium)
        page.goto(f"{address}/{_path(key)}?lang=en", wait_until="commit")
        took = _drawn(page)
        page.context.close()
    return took


def _changed(chromium: Browser, address: str, key: str) -> dict[str, float | None]:
    """Coming to a page from another, and another month on it; no answer has been given before."""
    to_page, to_month = [], []
    for number in range(TRIES):
        page = _reader(chromium)
        start = KEYS[1] if key == KEYS[0] else KEYS[0]
        page.goto(f"{address}/{_path(start)}?lang=en")
        _drawn(page)
        # months as the list has them: one to come with, one to change to
        _choose_month(page, 2 * number + 1)
        _rest(page)
        to_page.append(_go(page, key))
        _rest(page)
        if key not in OF_NO_PERIOD:
            to_month.append(_choose_month(page, 2 * number + 2))
        page.context.close()
    return {
        "page_s": statistics.median(to_page),
        "month_s": statistics.median(to_month) if to_month else None,
    }


def _rest(page: Page) -> None:
    page.wait_for_selector('[data-testid="stStatusWidget"]', state="detached", timeout=60_000)
    page.wait_for_timeout(300)


def _until_other(page: Page, act: Callable[[], None]) -> float:
    """Seconds from an act to a first picture that is another than before."""
    before = page.evaluate(FIRST)
    began = time.perf_counter()
    act()
    page.wait_for_function(
        f"before => {{ const now = ({FIRST})(); return now && now !== before }}", arg=before, timeout=120_000
    )
    return time.perf_counter() - began


def _go(page: Page, key: str) -> float:
    """To a page by its menu: from the press on its link."""
    group = next(group for group, keys in PAGES.items() if key in keys)
    page.locator(f'[class*="st-key-menu_{group}_on_"] button').first.click()
    links = page.locator('[data-testid="stPopoverBody"] [data-testid="stPageLink-NavLink"]')
    link = links.nth(PAGES[group].index(key))
    link.wait_for()
    return _until_other(page, link.click)


def _choose_month(page: Page, number: int) -> float:
    """Another month by the list of periods: from the press of Enter."""
    page.locator(".st-key-period input").click()
    page.get_by_role("option").first.wait_for()
    # the list opens with the last day and ends with everything and days of one's own
    months = page.get_by_role("option").all_inner_texts()[1:-2]
    page.locator(".st-key-period input").fill(months[number])
    page.wait_for_timeout(150)
    return _until_other(page, lambda: page.keyboard.press("Enter"))


def _crowd(chromium: Browser, address: str) -> dict[str, Any]:
    """Twenty readers open pages in the same moment, on a server that has just started."""
    readers = [_reader(chromium) for _ in range(READERS)]
    wrong: list[str] = []
    for number, page in enumerate(readers):
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{address}/{_path(KEYS[number % len(KEYS)])}?lang=en", wait_until="commit")
    took = [_drawn(page) for page in readers]
    for page in readers:
        _rest(page)
        wrong += page.locator('[data-testid="stException"]').all_inner_texts()
        page.context.close()
    return {"readers": READERS, "median_s": statistics.median(took), "slowest_s": max(took), "errors": wrong}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
