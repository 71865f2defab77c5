"""Who may see it: this machine alone, or who signs in and is on the list."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dagster_project.settings import REPOSITORY
from dashboards import access, oidc
from dashboards.serving import free_port
from tests.unit.dashboards.conftest import SIGN_IN, run_to_its_end

DASHBOARDS = REPOSITORY / "dashboards"


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
        *(({name: ""}, oidc.PREFIX + name) for name in SIGN_IN),
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
    run_to_its_end(access.OnlyThisMachine(inside)(scope, None, send))
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
