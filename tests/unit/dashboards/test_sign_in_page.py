"""The pages before the pages, the way back to a link, and the one place from which figures come."""

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import streamlit as st

from dagster_project.settings import REPOSITORY
from dashboards import access, published
from dashboards.ui.i18n import texts
from tests.unit.dashboards.conftest import ADDRESS, run_to_its_end

DASHBOARDS = REPOSITORY / "dashboards"


# --- the pages ---------------------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(configured: None, monkeypatch: pytest.MonkeyPatch):
    def be(**claims: object) -> None:
        monkeypatch.setattr(st, "user", {"is_logged_in": True, "iat": time.time(), **claims})

    return be


@contextmanager
def nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("the published file was read for somebody who may not see it")

    with monkeypatch.context() as patch:
        patch.setattr(published, "ask", asked)
        patch.setattr(published, "open_published", asked)
        yield


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_before_signing_in_there_is_a_button_and_no_figure(
    lang: str, configured: None, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nothing_is_asked(monkeypatch):
        app = open_page(lang=lang)
    assert [button.label for button in app.button] == [texts(lang)["sign_in"]]
    assert [text.value for text in app.markdown if not text.value.startswith("<")] == [
        texts(lang)["sign_in_why"]
    ]
    assert not app.metric and not app.caption
    app.segmented_control(key="language").set_value("zh").run()
    assert app.query_params["lang"] == "zh"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("verified", [True, False])
def test_who_is_not_on_the_list_is_told_so(
    lang: str, verified: bool, signed_in, open_page, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "bo@elsewhere.example" if verified else "bo@wholesale.example"
    signed_in(email=name, email_verified=verified)
    with nothing_is_asked(monkeypatch):
        app = open_page(lang=lang)
    assert [button.label for button in app.button] == [texts(lang)["sign_out"]]
    assert any(f"`{name}`" in text.value for text in app.markdown)
    assert not app.metric


def test_who_is_on_the_list_sees_the_figures_and_the_way_out(signed_in, open_page) -> None:
    signed_in(email="bo@wholesale.example")
    app = open_page()
    assert app.metric
    assert [text.value for text in app.text] == ["bo@wholesale.example"]
    assert app.button(key="sign_out").label == "Sign out"


def test_yesterdays_sign_in_is_asked_for_again(signed_in, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(email="bo@wholesale.example", iat=time.time() - 86_400)
    with nothing_is_asked(monkeypatch):
        app = open_page()
    assert app.button(key="sign_in")


def test_without_sign_in_nobody_has_an_account(open_page) -> None:
    app = open_page()
    assert app.metric and not app.text
    assert "sign_out" not in [button.key for button in app.button]


# --- back to the link --------------------------------------------------------------------------------------------


class Server:
    """Goes to a provider and comes back to the first page, as Streamlit does, behind the door that is tested."""

    def __init__(self) -> None:
        self.states = iter(("one", "two", "three"))
        self.door = access.BackToTheLink(self._streamlit, ADDRESS)

    async def _streamlit(self, scope, receive, send) -> None:
        is_login = scope["path"] == "/auth/login"
        to = f"https://id.example/authorize?client_id=ontime&state={next(self.states)}" if is_login else "/"
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", to.encode())]})

    def get(self, path: str, query: str = "", left: str = "") -> str:
        """Where the answer leads, for a browser that leaves a page."""
        sent: list[dict] = []

        async def send(message) -> None:
            sent.append(message)

        headers = [(b"referer", left.encode())] if left else []
        scope = {"type": "http", "path": path, "query_string": query.encode(), "headers": headers}
        run_to_its_end(self.door(scope, None, send))
        return dict(sent[0]["headers"])[b"location"].decode()


def come_back(server: Server, state: str) -> str:
    return server.get("/oauth2callback", f"code=x&state={state}")


def test_everybody_comes_back_to_their_own_link() -> None:
    server = Server()
    links = [f"{ADDRESS}/orders?find=SO%2F1&lang=zh&place=WH_A&place=WH_B", f"{ADDRESS}/?period=2026-01"]
    for link in links:
        assert server.get("/auth/login", left=link).startswith("https://id.example/")
    assert come_back(server, "two") == links[1]
    assert come_back(server, "one") == links[0]
    assert come_back(server, "one") == "/"  # once only
    assert come_back(server, "unheard of") == "/"


def test_a_failed_sign_in_comes_back_to_the_link_too() -> None:
    server = Server()
    server.get("/auth/login", left=f"{ADDRESS}/orders")
    assert server.get("/oauth2callback", "error=access_denied&state=one") == f"{ADDRESS}/orders"


@pytest.mark.parametrize(
    "left",
    [
        "https://evil.example/orders",
        f"{ADDRESS}.evil.example/orders",
        f"{ADDRESS}@evil.example/",
        f"{ADDRESS}:8443/orders",
        "http://ontime.wholesale.example/orders",
        "//evil.example/",
        "/orders",
        "javascript:alert(1)",
        f"{ADDRESS}/orders?find={'x' * 4000}",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(left: str) -> None:
    server = Server()
    server.get("/auth/login", left=left)
    assert come_back(server, "one") == "/"


def test_a_path_that_looks_like_a_host_stays_with_us() -> None:
    server = Server()
    server.get("/auth/login", left=f"{ADDRESS}//evil.example/")
    assert come_back(server, "one") == f"{ADDRESS}//evil.example/"


def test_links_that_are_never_come_back_for_do_not_pile_up() -> None:
    door = Server().door
    for number in range(access.LINKS_KEPT + 5):
        door._keep(str(number), f"{ADDRESS}/orders?find={number}")
    assert len(door.links) == access.LINKS_KEPT
    assert "4" not in door.links and "5" in door.links


# --- one place ---------------------------------------------------------------------------------------------------


# the process in which published.py runs what an analyst writes, and the prompt on a terminal: no page
OF_AN_ANALYST = {"confined.py", "shell.py"}


def modules(tree: ast.AST) -> set[str]:
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_every_page_gets_its_figures_from_one_place() -> None:
    opens = {
        str(file.relative_to(DASHBOARDS))
        for file in DASHBOARDS.rglob("*.py")
        if any(
            name.split(".")[0] in ("duckdb", "sqlite3", "ibis")
            for name in modules(ast.parse(file.read_text()))
        )
    }
    assert opens - OF_AN_ANALYST == {"published.py"}


def test_only_one_place_opens_the_published_file() -> None:
    callers = {
        file.name
        for file in DASHBOARDS.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in ("open_published", "connect")
    }
    assert callers - OF_AN_ANALYST == {"published.py"}
