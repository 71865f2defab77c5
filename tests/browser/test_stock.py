"""The stock page in a browser: it renews itself from a file that is replaced, and leaves the reader where he is."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.browser.conftest import Company, Look, serve
from tests.browser.test_byhand import readable

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Start = Callable[..., Look]
LOOKS = [("en", "wall", "light"), ("zh", "phone", "light"), ("en", "phone", "dark"), ("zh", "wall", "dark")]
SCRIPT = Path(__file__).with_name("stock.sql").read_text(encoding="utf-8")
SHORT = "select -available from live.stock where sku = ? and ? in (place_en, place_zh)"
OVERSOLD = "select count(distinct sku) from live.stock where available < 0"
# how far a table is scrolled, and the page's own box
SCROLLED = """() => [document.querySelector('.st-key-stock_figures .dvn-scroller').scrollTop,
    document.querySelector('[data-testid="stMain"]').scrollTop]"""


@pytest.fixture(scope="module")
def served(company: Callable[[str], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The demo company's night in a folder of this module's own, with room for a live file."""
    demo = company("demo")
    data = tmp_path_factory.mktemp("stock")
    folder = data / "demo" / "published"
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").symlink_to(demo.file.resolve())
    with serve("demo", data) as address:
        yield Company("demo", folder / "warehouse.duckdb", address)


def pulled(company: Company, locked: int = 0, has_silent: bool = False) -> Company:
    """A round of the loop: a new live file, put in place by rename; and how to ask it."""
    file = company.file.with_name("current.duckdb")
    half = file.with_name("half.duckdb")
    half.unlink(missing_ok=True)
    with duckdb.connect(str(half)) as connection:
        connection.execute("set variable locked = ?::integer", [locked])
        connection.execute("set variable has_silent = ?::boolean", [has_silent])
        connection.execute(SCRIPT)
    half.replace(file)
    return Company(company.profile, file, company.address)


def first_short(shown: Look, size: str) -> tuple[str, str, int]:
    """Of what is to act on, the first: product, place and pieces; on a phone it stands in a list."""
    if size == "wall":
        shown.page.wait_for_selector(".st-key-stock_short canvas tbody tr", state="attached")
        sku, _, place, short, *_ = shown.cells("stock_short")[0]
        return sku, place, int(short)
    said = shown.text('.st-key-stock_list [data-testid="stMarkdown"]:nth-of-type(1)')
    found = re.search(r"(SKU-\d+).*?\n?\s*(\w+仓) ?超卖 (\d+)", said, re.DOTALL)
    assert found, said
    return found[1], found[2], int(found[3])


def test_without_a_live_file_nobody_finds_it_and_its_address_says_why(served: Company, look: Start) -> None:
    served.file.with_name("current.duckdb").unlink(missing_ok=True)
    shown = look(served).open("lang=en", "orders")
    shown.page.locator('[class*="st-key-menu_operations_"] button').first.click()
    shown.page.get_by_role("link", name="Orders", exact=True).wait_for()
    assert shown.page.get_by_role("link", name="Stock", exact=True).count() == 0
    shown.page.goto(f"{served.address}/stock?lang=en")
    shown.page.wait_for_selector('[data-testid="stAlert"]')
    assert "There are no live figures" in shown.text('[data-testid="stAlert"]')
    pulled(served)  # and fills by itself
    shown.settled("stock")
    assert not shown.page.locator('[data-testid="stAlert"]').count()
    shown.page.locator('[class*="st-key-menu_operations_"] button').first.click()
    shown.page.get_by_role("link", name="Stock", exact=True).wait_for()


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
@pytest.mark.parametrize("has_silent", [False, True])
def test_it_can_be_read(
    served: Company, look: Start, language: str, size: str, scheme: str, has_silent: bool
) -> None:
    live = pulled(served, has_silent=has_silent)
    shown = look(served, size, scheme).open(f"lang={language}", "stock")
    readable(shown)
    ((oversold,),) = live.ask(OVERSOLD)
    assert shown.text("h2").startswith(f"{oversold} ")
    assert ("wms_b" in shown.text("h2")) == has_silent
    # folded away while all is well
    assert shown.page.locator(".st-key-stock_sources details[open]").count() == has_silent


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS[:2])
def test_a_figure_changes_by_itself_and_the_reader_stays_where_he_is(
    served: Company, look: Start, language: str, size: str, scheme: str
) -> None:
    live = pulled(served)
    shown = look(served, size, scheme).open(f"lang={language}", "stock")
    sku, place, short = first_short(shown, size)
    assert live.ask(SHORT, [sku, place]) == [(short,)]

    shown.page.evaluate("window.isTheSame = true")
    box = shown.page.locator(".st-key-sku input")
    box.scroll_into_view_if_needed()
    box.press_sequentially("half a wo")  # and no Enter
    shown.page.evaluate("document.querySelector('.st-key-stock_figures .dvn-scroller').scrollTop = 350")
    shown.page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop = 500")
    shown.page.wait_for_timeout(300)
    stood = shown.page.evaluate(SCROLLED)
    assert stood[0] == 350 and stood[1] > 100

    live = pulled(served, locked=30)
    for _ in range(40):
        if first_short(shown, size) != (sku, place, short):
            break
        shown.page.wait_for_timeout(250)
    assert first_short(shown, size) == (sku, place, short + 30)
    assert live.ask(SHORT, [sku, place]) == [(short + 30,)]
    shown.page.wait_for_timeout(4000)  # another time round
    assert box.input_value() == "half a wo"
    assert shown.page.evaluate("document.activeElement.value") == "half a wo"
    assert shown.page.evaluate(SCROLLED) == stood
    assert shown.page.evaluate("window.isTheSame")
    if size == "wall":
        assert f"▲ \u2212{short + 30}" in shown.marks("chart_stock")


def test_nothing_of_the_page_fades_while_it_renews_itself(served: Company, look: Start) -> None:
    pulled(served)
    shown = look(served).open("lang=en", "stock")
    for drawn in (".st-key-stock_short canvas tbody", ".st-key-stock_figures canvas tbody"):
        shown.page.wait_for_selector(drawn, state="attached")
    shown.page.wait_for_function(
        "document.querySelectorAll('.st-key-chart_stock svg.main-svg text').length > 60"
    )
    shown.page.evaluate("""() => {
        window.faded = [];
        const kept = ['.st-key-stock_figures canvas', '.st-key-stock_short canvas', 'h2'];
        const drawn = () => document.querySelectorAll('.st-key-chart_stock svg.main-svg text').length;
        const seen = () => {  // what a reader sees of the picture, at each frame
            if (drawn() < 60) window.faded.push('the picture is empty');
            requestAnimationFrame(seen);
        };
        seen();
        window.first = kept.map((one) => document.querySelector(one));
        window.watch = setInterval(() => kept.forEach((one, n) => {
            const now = document.querySelector(one);
            if (!now) return window.faded.push(one + ' is gone');
            if (now !== window.first[n]) window.faded.push(one + ' is another');
            for (let box = now; box; box = box.parentElement)
                if (+getComputedStyle(box).opacity < 0.9) window.faded.push(one + ' is pale');
        }), 40);
    }""")
    for locked in (1, 2):
        pulled(served, locked)
        shown.page.wait_for_timeout(4000)
    assert sorted(set(shown.page.evaluate("window.faded"))) == []


def test_what_is_looked_for_stands_in_the_address_and_can_be_taken_away(served: Company, look: Start) -> None:
    live = pulled(served)
    shown = look(served).open("lang=en&place=B", "stock")
    box = shown.page.locator(".st-key-sku input")
    box.fill("lamp")
    box.press("Enter")
    shown.page.wait_for_url("**sku=lamp**")
    shown.settled("stock")
    rows = live.ask("select sku from live.stock where place = 'B' and product ilike '%lamp%'")
    assert rows and {row[0] for row in shown.cells("stock_figures")} == {sku for (sku,) in rows}
    text = shown.taken_away("stock_csv").decode("utf-8-sig")
    assert len(text.strip().splitlines()) == 1 + len(rows) and text.startswith("sku,product,place,")
