"""Who may see it: this machine alone, or who signs in and is on the list; and everybody gets back to their link."""

import ast
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from dagster_project.settings import REPOSITORY
from dashboards import access, oidc, published
from dashboards.ui.i18n import texts

DASHBOARDS = REPOSITORY / "dashboards"
ADDRESS = "https://ontime.wholesale.example"
VARIABLES = {
    "PROVIDER": "https://id.wholesale.example",
    "CLIENT_ID": "ontime",
    "CLIENT_SECRET": "known to the provider",
    "ADDRESS": ADDRESS,
    "ALLOWED": "wholesale.example, Anna@Partner.example",
}


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(oidc.PREFIX + name, value)


# --- the start ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_needs_no_sign_in(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access.config, "get_option", lambda name: address)
    assert "secrets" not in access.serving()


@pytest.mark.parametrize(
    "address",
    [None, "", "0.0.0.0", "::", "192.168.1.20", "ontime.wholesale.example", "localhost.evil.example"],
)
def test_another_address_is_refused_without_sign_in(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access.config, "get_option", lambda name: address)
    with pytest.raises(SystemExit, match=r"Not started: .* can be reached by others"):
        access.serving()


def test_another_address_is_served_with_sign_in(configured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access.config, "get_option", lambda name: "0.0.0.0")
    auth = access.serving()["secrets"]["auth"]
    assert len(auth.pop("cookie_secret")) == 64
    assert auth == {
        "redirect_uri": "https://ontime.wholesale.example/oauth2callback",
        "client_id": "ontime",
        "client_secret": "known to the provider",
        "server_metadata_url": "https://id.wholesale.example/.well-known/openid-configuration",
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        *(({name: ""}, oidc.PREFIX + name) for name in VARIABLES),
        *(
            ({name: "http://elsewhere.example"}, "must be an https address")
            for name in ("PROVIDER", "ADDRESS")
        ),
        ({"ADDRESS": "https://wholesale.example/ontime"}, "must end after the host"),
        *(
            ({"ALLOWED": entry}, "takes e-mail addresses and domains")
            for entry in ("*", "*.example", "@", "anna@", "com", ",")
        ),
        ({"COOKIE_SECRET": "x" * 31}, "32 characters or more"),
    ],
)
def test_sign_in_by_halves_is_refused(
    changed: dict[str, str], said: str, configured: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(oidc.PREFIX + name, value)
    with pytest.raises(SystemExit, match=said):
        access.serving()


def test_secrets_do_not_show_when_the_settings_are_printed(configured: None) -> None:
    assert "known to the provider" not in repr(oidc.load())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("option", ["--server.address=0.0.0.0", "--server.address="])
def test_the_process_ends_at_once_where_others_could_reach_it(option: str, tmp_path: Path) -> None:
    app = DASHBOARDS / "streamlit_app.py"
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(free_port()), option],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 1
    assert "nobody would have to sign in" in started.stderr


# --- the door of this machine ------------------------------------------------------------------------------------


def answer(kind: str, reached: str, host: str) -> list[dict]:
    """What is sent back to a request that arrived at an address of this machine and names a host."""
    sent: list[dict] = []

    async def inside(scope, receive, send) -> None:
        await send({"type": "inside"})

    async def send(message) -> None:
        sent.append(dict(message))

    scope = {"type": kind, "server": (reached, 8501), "headers": [(b"host", host.encode())]}
    asyncio.run(access.OnlyThisMachine(inside)(scope, None, send))
    return sent


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"])
def test_who_sits_at_this_machine_is_let_in(host: str) -> None:
    assert answer("http", "127.0.0.1", host) == answer("websocket", "::1", host) == [{"type": "inside"}]


@pytest.mark.parametrize(
    ("reached", "host"),
    [
        ("192.168.1.20", "localhost:8501"),  # over the network, whatever it calls us
        ("127.0.0.1", "rebound.example:8501"),  # a web site whose name was pointed at this machine
        ("127.0.0.1", ""),
        ("", "localhost:8501"),
    ],
)
def test_who_comes_from_elsewhere_gets_nothing(reached: str, host: str) -> None:
    assert answer("http", reached, host)[0]["status"] == 403
    assert answer("websocket", reached, host) == [{"type": "websocket.close", "code": 1008}]


# --- who is let in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "is_allowed"),
    [
        ({"email": "bo@wholesale.example"}, True),
        ({"email": "Bo@Wholesale.Example", "email_verified": True}, True),
        ({"email": "anna@partner.example"}, True),
        ({"email": "other@partner.example"}, False),
        ({"email": "bo@wholesale.example", "email_verified": False}, False),
        ({"email": "bo@wholesale.example", "email_verified": "false"}, False),
        ({"email": "bo@wholesale.example", "email_verified": None}, False),
        ({"email": "bo@sub.wholesale.example"}, False),
        ({"email": "bo@notwholesale.example"}, False),
        ({"email": "bo@wholesale.example.evil.example"}, False),
        ({"email": "bo@evil.example@wholesale.example"}, False),
        ({"email": "@wholesale.example"}, False),
        ({"email": "wholesale.example"}, False),
        ({"email": ""}, False),
        ({"name": "bo@wholesale.example"}, False),
        ({}, False),
    ],
)
def test_the_list_decides(claims: dict[str, object], is_allowed: bool, configured: None) -> None:
    assert access.is_allowed(claims, oidc.load()) is is_allowed


@pytest.mark.parametrize(
    ("claims", "is_signed_in"),
    [
        ({"is_logged_in": True, "iat": -11.9 * 3600}, True),
        ({"is_logged_in": True, "iat": -12.1 * 3600}, False),
        ({"is_logged_in": True}, False),
        ({"is_logged_in": False, "iat": 0}, False),
        ({"iat": 0}, False),
        ({}, False),
    ],
)
def test_a_sign_in_holds_for_a_working_day(claims: dict[str, float], is_signed_in: bool) -> None:
    now = {name: value + time.time() if name == "iat" else value for name, value in claims.items()}
    assert access.is_signed_in(now) is is_signed_in


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


def client() -> TestClient:
    """A server that goes to a provider and comes back to the first page, as Streamlit does."""
    states = iter(("one", "two", "three"))

    def login(request: Request) -> Response:
        return RedirectResponse(f"https://id.example/authorize?client_id=ontime&state={next(states)}", 302)

    def callback(request: Request) -> Response:
        return PlainTextResponse("no") if "stop" in request.query_params else RedirectResponse("/", 302)

    routes = [
        Route("/auth/login", login),
        Route("/oauth2callback", callback),
        Route("/auth/logout", callback),
    ]
    door = Middleware(access.BackToTheLink, address=ADDRESS)
    return TestClient(Starlette(routes=routes, middleware=[door]), follow_redirects=False)


def come_back(server: TestClient, state: str) -> str:
    return server.get("/oauth2callback", params={"state": state, "code": "x"}).headers["location"]


def test_everybody_comes_back_to_their_own_link() -> None:
    server = client()
    links = [f"{ADDRESS}/orders?find=SO%2F1&lang=zh&place=WH_A&place=WH_B", f"{ADDRESS}/?period=2026-01"]
    for link in links:
        assert (
            server.get("/auth/login", headers={"referer": link}).headers["location"].startswith("https://id.")
        )
    assert come_back(server, "two") == links[1]
    assert come_back(server, "one") == links[0]
    assert come_back(server, "one") == "/"  # once only
    assert come_back(server, "unheard of") == "/"


def test_a_failed_sign_in_comes_back_to_the_link_too() -> None:
    server = client()
    server.get("/auth/login", headers={"referer": f"{ADDRESS}/orders"})
    refused = server.get("/oauth2callback", params={"state": "one", "error": "access_denied"})
    assert refused.headers["location"] == f"{ADDRESS}/orders"


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
    server = client()
    server.get("/auth/login", headers={"referer": left})
    assert come_back(server, "one") == "/"


def test_a_path_that_looks_like_a_host_stays_with_us() -> None:
    server = client()
    server.get("/auth/login", headers={"referer": f"{ADDRESS}//evil.example/"})
    assert come_back(server, "one") == f"{ADDRESS}//evil.example/"


def test_links_that_are_never_come_back_for_do_not_pile_up() -> None:
    door = access.BackToTheLink(Starlette(), ADDRESS)
    for number in range(access.LINKS_KEPT + 5):
        door._keep(str(number), f"{ADDRESS}/orders?find={number}")
    assert len(door.links) == access.LINKS_KEPT
    assert "4" not in door.links and "5" in door.links


# --- one place ---------------------------------------------------------------------------------------------------


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
    # confined.py: the process in which published.py runs what an analyst writes
    assert opens - {"confined.py"} == {"published.py"}


def test_only_one_place_opens_the_published_file() -> None:
    callers = {
        file.name
        for file in DASHBOARDS.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and (node.attr if isinstance(node, ast.Attribute) else node.id) in ("open_published", "connect")
    }
    assert callers - {"confined.py"} == {"published.py"}
