"""Sign-in in a browser, with a provider on this machine: from the link through the provider and back to the link.

The app listens on every address of this machine, as it may once people sign in.
"""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Browser, Page, WebSocket
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from dashboards.serving import free_port
from dashboards.ui.i18n import texts
from tests.browser.conftest import LAST_DRAWN, LAYOUT, PATIENCE, REST, SIZES, Company, rested, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

ANNA, EVE, UNSURE = (
    "anna@wholesale.example",
    "evangeline.featherstonehaugh-montgomery@purchasing.elsewhere.example",
    "unsure@wholesale.example",
)
PEOPLE = [
    User(sub="anna", claims={"email": ANNA, "email_verified": True}),
    User(sub="eve", claims={"email": EVE, "email_verified": True}),
    User(sub="unsure", claims={"email": UNSURE, "email_verified": False}),
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
SCHEMES = {"en": "light", "zh": "dark"}


@pytest.fixture(scope="module")
def address(company: Callable[[str], Company], data: Path) -> Iterator[str]:
    """The demo company's pages, served to whoever signs in and belongs to the wholesaler."""
    company("demo")
    port = free_port()
    with pytest.MonkeyPatch.context() as patch, run_server_in_thread(user_claims=PEOPLE) as provider:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider's, which speaks http on loopback
        settings = {
            "PROVIDER": f"http://localhost:{provider.server_port}",
            "CLIENT_ID": "ontime",
            "CLIENT_SECRET": "known to the provider",
            "ADDRESS": f"http://localhost:{port}",
            "ALLOWED": "wholesale.example",
        }
        variables = {f"TRUE_ON_TIME_OIDC_{name}": value for name, value in settings.items()}
        with serve("demo", data, "--server.address=0.0.0.0", port=port, **variables) as address:
            yield address


class Reader:
    """A reader in a browser of their own, and every word the app ever sent them."""

    def __init__(self, browser: Browser, size: str = "wall", scheme: str = "light") -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
        )
        # the provider's form wants a style sheet from elsewhere
        self.context.route(re.compile(r"^https:"), lambda route: route.abort())
        self.received = b""
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(path=REST)
        self.page = self.context.new_page()
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        def hear(frame: bytes | str) -> None:
            self.received += frame.encode() if isinstance(frame, str) else frame

        socket.on("framereceived", hear)

    def open(self, link: str) -> Page:
        self.page.goto(link)
        self.page.wait_for_selector(".st-key-door")
        rested(self.page)
        return self.page

    def sign_in(self, name: str) -> None:
        self.page.click(".st-key-sign_in button")
        self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def reader(browser: Browser) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def start(size: str = "wall", scheme: str = "light") -> Reader:
        readers.append(Reader(browser, size, scheme))
        return readers[-1]

    yield start
    for one in readers:
        one.context.close()


def figures(company: Company) -> list[bytes]:
    """What only somebody who may see the figures could know: names of places and carriers, numbers of orders."""
    names = company.ask(
        "select name_zh from marts.dim_places union select name_en from marts.dim_places"
        " union select name_en from marts.dim_carriers union (select order_id from marts.fct_orders limit 50)"
    )
    return [name.encode() for (name,) in names if len(name) > 3]


def leaked(one: Reader, company: Company) -> list[bytes]:
    return [word for word in figures(company) if word in one.received]


@pytest.mark.parametrize("size", ["wall", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_leads_through_sign_in_back_to_itself(
    company: Callable[[str], Company],
    address: str,
    reader: Callable[..., Reader],
    language: str,
    size: str,
) -> None:
    demo = company("demo")
    ((order, place),) = demo.ask(
        "select order_id, place from marts.fct_orders where place is not null limit 1"
    )
    link = f"{address}/orders?find={order}&lang={language}&period=2026-01..2026-02&place={place}&place=X%26Y"
    one = reader(size, SCHEMES[language])
    page = one.open(link)
    assert page.url == link
    assert page.locator(".st-key-door h1").inner_text() == texts(language)["title"]
    assert page.locator(".st-key-sign_in button").inner_text().endswith(texts(language)["sign_in"])
    assert not leaked(one, demo)

    one.sign_in("anna")
    page.wait_for_selector(LAST_DRAWN["orders"], state="attached")
    assert page.url == link
    assert leaked(one, demo)

    page.reload()  # signed in once is enough
    page.wait_for_selector(LAST_DRAWN["orders"], state="attached")
    page.locator(".st-key-who button").first.click()
    assert ANNA in page.locator('[data-testid="stPopoverBody"]').inner_text()
    page.click(".st-key-sign_out button")
    page.get_by_role("button", name="End session").click()
    page.wait_for_selector(".st-key-door")
    page.goto(link)
    page.wait_for_selector(".st-key-sign_in")


def test_a_language_chosen_before_signing_in_stays(address: str, reader: Callable[..., Reader]) -> None:
    one = reader()
    page = one.open(f"{address}/orders?lang=en&period=2026-02")
    page.get_by_role("radio", name="中文").click()
    page.wait_for_function("location.search.includes('lang=zh')")
    page.get_by_text(texts("zh")["sign_in_why"]).wait_for()
    one.sign_in("anna")
    page.wait_for_selector(LAST_DRAWN["orders"], state="attached")
    assert page.url == f"{address}/orders?lang=zh&period=2026-02"


@pytest.mark.parametrize("size", ["wall", "phone"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["", "eve"])
def test_the_page_before_the_pages_can_be_read(
    address: str, reader: Callable[..., Reader], name: str, language: str, size: str
) -> None:
    one = reader(size, SCHEMES[language])
    page = one.open(f"{address}/?lang={language}")
    if name:
        one.sign_in(name)
        page.wait_for_selector(".st-key-sign_out button")
        rested(page)
    page.add_script_tag(path=LAYOUT)
    assert page.evaluate("window.layout.cutOff()") == []
    found = Axe().run(page, options=RULES).response["violations"]
    assert not [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize(("name", "email"), [("eve", EVE), ("unsure", UNSURE)])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_is_not_on_the_list_is_told_so_and_gets_no_figure(
    company: Callable[[str], Company],
    address: str,
    reader: Callable[..., Reader],
    name: str,
    email: str,
    language: str,
) -> None:
    one = reader()
    page = one.open(f"{address}/?lang={language}")
    one.sign_in(name)
    page.wait_for_selector(".st-key-sign_out button")
    told = page.locator(".st-key-door").inner_text()
    assert email in told and texts(language)["sign_out"] in told
    assert not leaked(one, company("demo"))


def test_who_says_no_at_the_provider_is_asked_again(
    company: Callable[[str], Company], address: str, reader: Callable[..., Reader]
) -> None:
    one = reader()
    page = one.open(f"{address}/orders?lang=zh&find=1")
    page.click(".st-key-sign_in button")
    page.get_by_role("button", name="Deny").click()
    page.wait_for_selector(".st-key-sign_in")
    assert page.url.startswith(address)
    assert not leaked(one, company("demo"))


def test_a_forged_cookie_opens_nothing(
    company: Callable[[str], Company], address: str, reader: Callable[..., Reader]
) -> None:
    said = {"origin": address, "is_logged_in": True, "email": ANNA, "iat": time.time(), "provider": "default"}
    forged = create_signed_value("not the app's secret", "_streamlit_user", json.dumps(said)).decode()
    one = reader()
    one.context.add_cookies([{"name": "_streamlit_user", "value": forged, "url": address}])
    page = one.open(f"{address}/orders?lang=en")
    assert page.locator(".st-key-sign_in").count()
    assert not leaked(one, company("demo"))


def test_without_sign_in_another_host_name_gets_nothing(company: Callable[[str], Company]) -> None:
    """A web site whose name points at this machine reaches the socket, but not the pages."""
    request = urllib.request.Request(company("demo").address, headers={"Host": "rebound.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(request, timeout=10)
