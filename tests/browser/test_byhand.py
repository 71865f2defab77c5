"""The by-hand page in a browser: a messy sheet given, asked about, decided and logged; readable in every state."""

import csv
import io
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.byhand.journal import Inbox
from dashboards.byhand.sheet import HEADS
from dashboards.published import open_published
from tests.browser.conftest import Company, Look, serve
from tests.browser.test_every_page import RULES
from tests.byhand.planted import sheet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Start = Callable[..., Look]
LOOKS = [("en", "wall", "light"), ("zh", "phone", "dark"), ("en", "phone", "light"), ("zh", "wall", "dark")]


@pytest.fixture(scope="module")
def served(company: Callable[[str], Company], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """The demo company's figures with an inbox of this module's own, the page switched on."""
    demo = company("demo")
    data = tmp_path_factory.mktemp("byhand")
    (data / "demo").mkdir()
    (data / "demo" / "published").symlink_to(demo.file.parent)
    with serve("demo", data, TRUE_ON_TIME_BYHAND="1") as address:
        yield Company("demo", data / "demo" / "published" / "warehouse.duckdb", address)


def messy(company: Company, seed: int) -> bytes:
    """Thirty rows, every number mistyped, no city, no carrier, so that some must be asked; and four unusable ones."""
    with open_published(company.file) as connection:
        planted = sheet(connection, 30, seed, 1.0)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADS.values())
    for one in planted:
        writer.writerow([one.typed["number"], "签收", one.typed["at"], "", "", "", "张三", "13800001111"])
    writer.writerow(["7.73E+14", "签收", "2026-02-28 14:30", "", "", "", "", ""])
    writer.writerow(["=cmd|'/c calc'!A1", "签收", "2026-02-28 14:30", "", "", "", "", ""])
    writer.writerow([planted[0].meant, "<b>在天上</b> *$x$*", "2026-02-28 14:30", "", "", "", "", ""])
    writer.writerow([planted[0].meant, "签收", "昨天", "", "", "", "", ""])
    return out.getvalue().encode("gb18030")


def give(shown: Look, name: str, content: bytes) -> None:
    shown.page.set_input_files(
        'input[type="file"]', {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    shown.page.wait_for_selector('[data-testid="stFileChipName"]')
    shown.page.locator('[data-testid="stFormSubmitButton"] button').click()
    shown.page.wait_for_selector('[data-testid="stFileChipName"]', state="detached")


def readable(shown: Look) -> None:
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []
    pale = {ink: ratio for ink, ratio in shown.layout("contrasts").items() if ratio < 4.5}
    assert not pale, pale
    found = Axe().run(shown.page, options=RULES).response["violations"]
    said = [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]
    assert not said, said


def test_without_the_switch_nobody_finds_it(company: Callable[[str], Company], look: Start) -> None:
    shown = look(company("demo")).open("lang=en")
    shown.page.locator('[class*="st-key-menu_operations_"] button').first.click()
    shown.page.get_by_role("link", name="Orders", exact=True).wait_for()
    assert shown.page.get_by_role("link", name="By hand", exact=True).count() == 0


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_it_can_be_read_while_empty(
    served: Company, look: Start, language: str, size: str, scheme: str
) -> None:
    shown = look(served, size, scheme).open(f"lang={language}", "byhand")
    readable(shown)


def test_a_messy_sheet_from_the_upload_to_the_log(served: Company, look: Start) -> None:
    inbox = Inbox(served.file.parent.parent / "inbox" / "byhand")
    content = messy(served, 41)
    shown = look(served).open("lang=en", "byhand")
    give(shown, "messy.csv", content)
    shown.page.wait_for_selector(".st-key-byhand_rejected")
    shown.settled("byhand")
    known = inbox.read()
    (upload,) = known.uploads
    outcomes = [line["outcome"] for line in known.lines(upload)]
    taken, queued, rejected = (outcomes.count(name) for name in ("taken", "queued", "rejected"))
    assert taken + queued + rejected == 34 and queued >= 1 and rejected >= 4
    assert f"Rows: 34 = {taken} taken + {queued} waiting + {rejected} rejected." in shown.text("body")
    assert {str(taken), str(queued), str(rejected)} <= set(shown.marks("chart_byhand"))
    # what was typed is shown as it was typed
    assert "<b>在天上</b> *$x$*" in shown.text(".st-key-byhand_rejected")
    assert "=cmd|'/c calc'!A1" in shown.text(".st-key-byhand_rejected")
    assert "13800001111" not in shown.text("body") and "张三" not in shown.text("body")

    waiting = known.queue()[0]
    best = waiting["candidates"][0]["waybill"]
    pick = shown.page.locator(f".st-key-byhand_pick_{waiting['row_id']}_0 button")
    pick.click()
    pick.wait_for(state="detached")
    shown.settled("byhand")
    decided = inbox.read().rows[waiting["row_id"]]
    assert (decided["outcome"], decided["waybill"], decided["who"]) == ("taken", best, "local")
    assert shown.cells("byhand_log_table")[0][3:7] == [
        str(waiting["line"]), waiting["typed"], "✓ taken", best,
    ]  # fmt: skip

    give(shown, "messy.csv", content)
    shown.settled("byhand")
    assert len(inbox.read().uploads) == 1
    log = shown.taken_away("byhand-log_csv").decode("utf-8-sig")
    assert "'=cmd|" in log and "13800001111" not in log


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_it_can_be_read_while_rows_wait(
    served: Company, look: Start, language: str, size: str, scheme: str
) -> None:
    shown = look(served, size, scheme).open(f"lang={language}", "byhand")
    if not shown.page.locator('[class*="st-key-byhand_none_"]').count():
        give(shown, "more.csv", messy(served, 43))
        shown.page.wait_for_selector('[class*="st-key-byhand_none_"]')
        shown.settled("byhand")
    readable(shown)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "columns are missing: 状态 Status"), ("zh", "缺少以下列：状态 Status")]
)
def test_a_refused_file_says_what_to_do(served: Company, look: Start, language: str, said: str) -> None:
    shown = look(served, "phone").open(f"lang={language}", "byhand")
    give(shown, "bad.csv", "运单号,时间\n1,2\n".encode())
    shown.page.wait_for_selector('[data-testid="stAlert"]')
    assert said in shown.text('[data-testid="stAlert"]')
    readable(shown)
