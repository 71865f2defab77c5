"""Published files of the demo company and of Olist, the app served on them, and a browser to look with.

Each is built once a session. The app is a process of its own, as `make dash` starts it.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Locator, Page, Request, sync_playwright
from playwright.sync_api import TimeoutError as TooLateError

from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size
from dagster_project.lib.night import run_night
from dagster_project.settings import PROFILES, REPOSITORY, Settings
from dashboards.serving import served as app_served

OLIST = REPOSITORY.parent / "shared" / "real" / "olist"
LAYOUT = Path(__file__).with_name("layout.js")
REST = Path(__file__).with_name("rest.js")
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 120_000  # milliseconds: two cores may be shared with other tests
SIZES = {"wall": (1600, 1000), "phone": (390, 844)}
# what is drawn last on each page, by its address
LAST_DRAWN = {
    "": ".st-key-chart_bridge svg.main-svg",
    "sql": ".st-key-sql_columns",
    "stages": ".st-key-stage_table canvas",
    "change": ".st-key-change_table canvas, .st-key-change_few p",
    "definitions": ".st-key-definitions_tables details",
    "data_health": '.st-key-quarantine [data-testid="stCaptionContainer"]',
    "restatement": (
        ".st-key-restated_events canvas,"
        ' .st-key-restated_events:not(:has(.st-key-day)) [data-testid="stCaptionContainer"]'
    ),
    "decisions": ".st-key-decided_parameters canvas",
    "promise": ".st-key-promise_last canvas, .st-key-promise_last [data-testid='stAlert']",
    "scorecards": ".st-key-scorecards_last canvas, .st-key-scorecards_last [data-testid='stAlert']",
    "orders": '.st-key-orders_behind canvas, .st-key-order_events canvas, [data-testid="stAlert"]',
}
# the same of pages that somebody must switch on, or that have something to show only while it is pulled
LAST_DRAWN_SWITCHED = {"byhand": ".st-key-byhand_log", "stock": ".st-key-stock_figures canvas"}
# what the browser says of itself and not of the page
NOT_OURS = ("GPU stall", "WebGL", "Permissions policy")
# Streamlit looks for its root beside a page's own address first
LOOKED_FOR = re.compile(r"/\w+/_stcore/(health|host-config)$")


@dataclass
class Company:
    """A published file and the address at which it is served."""

    profile: str
    file: Path
    address: str

    def ask(self, query: str, values: list[object] | None = None) -> list[tuple]:
        """Rows straight from the published file, past the app."""
        with duckdb.connect(str(self.file.resolve()), read_only=True) as connection:
            return connection.execute(query, values or []).fetchall()


@dataclass
class Look:
    """A page in the browser, and what went wrong while it was looked at."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def open(self, query: str = "", page: str = "") -> "Look":
        """Go to the address and wait until the page has drawn everything."""
        self.page.goto(f"{self.address}/{page}?{query}")
        self.settled(page)
        return self

    def settled(self, page: str = "") -> None:
        """Wait until the app is done, and what comes last on the page is there and stands still."""
        rested(self.page, (LAST_DRAWN | LAST_DRAWN_SWITCHED)[page])

    def go(self, group: str, title: str, page: str) -> "Look":
        """To another page by the menu of its group, as a reader goes there."""
        self.page.locator(f'[class*="st-key-menu_{group}_"] button').first.click()
        self.page.get_by_role("link", name=title, exact=True).click()
        self.settled(page)
        return self

    def cells(self, key: str) -> list[list[str]]:
        """The rows of a table that are in sight, as its own accessible copy tells them; there is one at least."""
        rows = self.page.locator(f".st-key-{key} canvas table tbody tr")
        rows.first.wait_for(state="attached")
        return [[cell.strip() for cell in row.locator("td").all_text_contents()] for row in rows.all()]

    def text(self, selector: str) -> str:
        """The text there is, with ordinary spaces."""
        return " ".join(self.page.locator(selector).all_inner_texts()).replace("\u00a0", " ")

    def choose(self, key: str, label: str) -> None:
        """Type into a list and take what it offers."""
        box = self.page.locator(f".st-key-{key} input")
        box.click()
        box.fill(label)
        self.page.get_by_role("option", name=label, exact=True).wait_for()
        self.page.keyboard.press("Enter")

    def still(self, mark: Locator) -> tuple[float, float]:
        """Where the middle of a chart's mark lies once it moves no more; a chart is drawn anew when it is unfolded."""
        boxes: list[FloatRect | None] = []
        for _ in range(60):
            mark.scroll_into_view_if_needed()
            boxes.append(mark.bounding_box())
            if (box := boxes[-1]) and boxes[-3:] == [box] * 3:
                return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            self.page.wait_for_timeout(300)
        raise AssertionError(f"never stands still: {mark}, last at {boxes[-3:]}")

    def taken_away(self, name: str) -> bytes:
        """The file that a button gives; pressed again where the page was drawn anew under the finger."""
        button = self.page.locator(f".st-key-download_{name} button")
        for wait in (20_000, 20_000, PATIENCE):
            with suppress(TooLateError), self.page.expect_download(timeout=wait) as download:
                button.click()
                return Path(download.value.path()).read_bytes()
        raise AssertionError(f"{name} is not given")

    def layout(self, question: str) -> Any:
        """The answer of one of the functions in layout.js."""
        self.page.add_script_tag(path=LAYOUT)
        return self.page.evaluate(f"window.layout.{question}()")

    def metric(self, key: str) -> str:
        """The figure of a box on the page."""
        return self.text(f'.st-key-{key} [data-testid="stMetricValue"]').strip()

    def marks(self, key: str) -> list[str]:
        """All words in a chart, spaces as ordinary ones."""
        found = self.page.locator(f".st-key-{key} svg.main-svg text").all_text_contents()
        return [" ".join(words.replace("\u00a0", " ").split()) for words in found]


def rested(page: Page, last: str = "body") -> None:
    """Wait until the app has answered, `last` is drawn, and nothing on the page changes any more (rest.js)."""
    page.wait_for_function("window.rest && (window.rest.begin(), true)")
    page.wait_for_function("(last) => window.rest.isThere(last)", arg=last, polling=100)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this session."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def company(data: Path) -> Iterator[Callable[[str], Company]]:
    """`company("demo")`, `company("olist")`: built, published and served, once."""

    @cache
    def served(profile: str) -> Company:
        home = data / profile
        if profile == "demo":
            last = number(date(2026, 2, 28))
            generate(Size(last - 74, last, 60, 7), home, lambda line: None)
        source = OLIST if profile == "olist" else home / "source"
        settings = Settings(profile, PROFILES / profile, source, home, as_of=None, port=0)
        night = run_night(settings, with_quality=False, say=lambda line: None)
        assert night.status == "published", night.message
        address = running.enter_context(serve(profile, data))
        return Company(profile, settings.published_file, address)

    with ExitStack() as running:
        yield served


def serve(
    profile: str, data: Path, *options: str, port: int | None = None, **environment: str
) -> AbstractContextManager[str]:
    """The app on a profile of the tests' own data."""
    own = {"TRUE_ON_TIME_PROFILE": profile, "TRUE_ON_TIME_DATA": str(data)}
    return app_served(*options, port=port, **own, **environment)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Look]]:
    """`look(company, "phone")`: a fresh reader; every error in the console fails the test in the end."""
    looks: list[Look] = []

    def start(company: Company, size: str = "wall", scheme: str = "light", locale: str = "en-US") -> Look:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(path=REST)
        seen = Look(context.new_page(), company.address)

        def hear(message: ConsoleMessage) -> None:
            is_ours = not any(word in message.text for word in NOT_OURS)
            is_ours = is_ours and not LOOKED_FOR.search(message.location.get("url", ""))
            if message.type in ("error", "warning") and is_ours:
                seen.wrong.append(f"console {message.type}: {message.text}")

        def lost(request: Request) -> None:
            if request.failure != "net::ERR_ABORTED":
                seen.wrong.append(f"not loaded: {request.url}")

        def outside(request: Request) -> None:
            if not request.url.startswith((company.address, "data:", "blob:")):
                seen.wrong.append(f"asked elsewhere: {request.url}")

        seen.page.on("console", hear)
        seen.page.on("pageerror", lambda error: seen.wrong.append(f"page error: {error}"))
        seen.page.on("requestfailed", lost)
        seen.page.on("request", outside)
        looks.append(seen)
        return seen

    yield start
    for seen in looks:
        seen.page.context.close()
    assert not [said for seen in looks for said in seen.wrong]
