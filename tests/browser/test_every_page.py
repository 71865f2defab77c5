"""What holds for every page: nothing cut off or overlapping, readable by WCAG AA, a silent console, the keyboard."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.ui.navigation import PAGES
from tests.browser.conftest import LAST_DRAWN, Company, Look

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Served = Callable[[str], Company]
Start = Callable[..., Look]
# the second company has less to show: each language and width once
LOOKS = [
    *(("demo", language, size) for language in ("en", "zh") for size in ("wall", "phone")),
    pytest.param("olist", "en", "phone", marks=pytest.mark.real),
    pytest.param("olist", "zh", "wall", marks=pytest.mark.real),
]
# the address of each page; the first is the root
KEYS = [key for group in PAGES.values() for key in group]
ADDRESSES = {key: "" if key == KEYS[0] else key for key in KEYS}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
# each language in one of the two looks, each look on both widths
SCHEMES = {"en": "light", "zh": "dark"}
# links and buttons in sight, as wide and as high as a finger finds them; not the signs that only explain
TARGETS = """() => [...document.querySelectorAll('a[href], button')]
    .filter((seen) => seen.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((seen) => !seen.closest('header, .modebar-container, .stSkipToContent, .stTooltipIcon, .stSelectbox'))
    .filter((seen) => seen.dataset.testid !== 'stSkipToContent')
    .map((seen) => [seen.innerText, seen.getBoundingClientRect().width, seen.getBoundingClientRect().height])
    .filter(([, width]) => width > 0)"""
# the period the page opens with, and the longest there is where there is least room
SPANS = {"wall": "", "phone": "&period=all"}


def test_every_page_is_walked() -> None:
    assert set(ADDRESSES.values()) == set(LAST_DRAWN)


@pytest.mark.parametrize(("name", "language", "size"), LOOKS)
@pytest.mark.parametrize("page", list(ADDRESSES))
def test_a_page_can_be_read(
    company: Served, look: Start, name: str, page: str, language: str, size: str
) -> None:
    shown = look(company(name), size, SCHEMES[language]).open(
        f"lang={language}{SPANS[size]}", ADDRESSES[page]
    )
    assert shown.layout("cutOff") == []
    assert shown.layout("overlapping") == []
    pale = {ink: ratio for ink, ratio in shown.layout("contrasts").items() if ratio < 4.5}
    assert not pale, pale
    found = Axe().run(shown.page, options=RULES).response["violations"]
    said = [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]
    assert not said, said
    assert not shown.page.locator('[data-testid="stException"]').count()


@pytest.mark.parametrize("page", list(ADDRESSES))
def test_a_finger_hits_what_leads_somewhere(company: Served, look: Start, page: str) -> None:
    shown = look(company("demo"), "phone").open("lang=zh&show=late", ADDRESSES[page])
    for _ in range(10):  # what is still being laid out has no size yet
        found = shown.page.evaluate(TARGETS)
        small = [target for target in found if min(target[1:]) < 44]
        if found and not small:
            break
        shown.page.wait_for_timeout(300)
    assert any(width >= 44 for _, width, _ in found)
    assert not small


@pytest.mark.parametrize("page", [pages[-1] for pages in PAGES.values()])
def test_a_page_is_reached_by_the_keyboard(company: Served, look: Start, page: str) -> None:
    shown = look(company("demo")).open("lang=en", ADDRESSES[page])
    shown.page.locator('[class*="st-key-menu_"] button').first.focus()
    shown.page.keyboard.press("Enter")
    shown.page.get_by_role("link", name="What customers saw").wait_for()
    # from the menu's button the next stop is its first link
    shown.page.get_by_role("link", name="What customers saw").focus()
    shown.page.keyboard.press("Enter")
    shown.settled("")
