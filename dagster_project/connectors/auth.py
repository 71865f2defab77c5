"""How a service is told who asks: API key, name and password, OAuth 2 client credentials, signed requests.

A signature is a template over the request, as the Chinese carriers want it: text, then steps such as md5 and base64,
put into a header, the query or the form. Belongs here: nothing that a library does (OAuth: authlib; basic: requests).
"""

import base64
import hashlib
import hmac
import re
import time
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import requests
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from requests.auth import AuthBase, HTTPBasicAuth

STEPS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "md5": lambda text, secret: hashlib.md5(text, usedforsecurity=False).digest(),
    "sha256": lambda text, secret: hashlib.sha256(text).digest(),
    "hmac_md5": lambda text, secret: hmac.digest(secret, text, "md5"),
    "hmac_sha256": lambda text, secret: hmac.digest(secret, text, "sha256"),
    "hex": lambda text, secret: text.hex().encode(),
    "base64": lambda text, secret: base64.b64encode(text),
    "upper": lambda text, secret: text.upper(),
    "urlencode": lambda text, secret: urllib.parse.quote_plus(text).encode(),
}


def session(settings: dict[str, Any], wait: tuple[float, float]) -> requests.Session:
    """A session whose requests carry what the service wants.

    Where it has a `renew`, that is called before the first request and where a token has ended early. `wait`: seconds
    to connect, and between two pieces of an answer, of requests for a token.
    """
    kind = settings.get("kind", "none")
    if kind == "oauth2":
        return _OAuth(settings, wait)
    plain = requests.Session()
    if kind == "key":
        given = str(settings.get("prefix", "")) + str(settings["key"])
        if "query" in settings:
            plain.params = {settings["query"]: given}
        else:
            plain.headers[settings.get("header", "X-API-Key")] = given
    elif kind == "basic":
        plain.auth = HTTPBasicAuth(str(settings["user"]).encode(), str(settings["password"]).encode())
    elif kind == "signed":
        plain.auth = Signed(settings)
    return plain


class _OAuth(OAuth2Session):
    """A session that fetches its token, and a new one when that has ended."""

    def __init__(self, settings: dict[str, Any], wait: tuple[float, float]) -> None:
        super().__init__(
            settings["client_id"],
            settings["client_secret"],
            scope=settings.get("scope"),
            token_endpoint=settings["token_url"],
            token_endpoint_auth_method=settings.get("send_as", "client_secret_basic"),
            grant_type="client_credentials",
            default_timeout=wait,
        )

    def renew(self) -> None:
        """Fetch a token.

        Raises:
            authlib.integrations.base_client.OAuthError, requests.RequestException, ValueError: none is given.
        """
        address = self.metadata["token_endpoint"]
        token = self.fetch_token(address, grant_type="client_credentials")
        if "access_token" not in token:
            raise ValueError(f"{address} gives no token: it answers {', '.join(map(str, token))}")


class Signed(AuthBase):
    """Signs a request by a template: `{body}`, `{path}`, `{sorted}` (its parameters, sorted) and its own fields."""

    def __init__(self, settings: dict[str, Any], clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        fields = self._fields()
        for name, value in fields.items():
            _put(request, self.settings.get("fields", {}).get(name, {}).get("put", {}), value)
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(request.url or "").query, keep_blank_values=True)
        form = _form(request)
        known: dict[str, str] = {
            "body": _body(request),
            "path": request.path_url,
            "sorted": "".join(f"{key}{value}" for key, value in sorted([*query, *form])),
            **dict(query),
            **dict(form),
            **fields,
        }
        _put(request, self.settings["put"], signature(self.settings, known).decode())
        return request

    def _fields(self) -> dict[str, str]:
        """Values made for each request: the time, as the service wants to read it, or one never used before."""
        made = {}
        for name, field in self.settings.get("fields", {}).items():
            if field.get("unique"):
                made[name] = uuid.uuid4().hex
                continue
            if "value" in field:
                made[name] = str(field["value"])
                continue
            form, now = field.get("time", "ms"), self.clock()
            zone = ZoneInfo(field.get("zone", "Asia/Shanghai"))
            made[name] = {"ms": str(int(now * 1000)), "s": str(int(now))}.get(form) or datetime.fromtimestamp(
                now, zone
            ).strftime(form)
        return made


def signature(settings: Mapping[str, Any], known: dict[str, str]) -> bytes:
    """The template over what is known of a request, and its steps; of requests that we send, or are sent."""
    signed = _filled(str(settings["text"]), known).encode()
    secret = str(settings.get("secret", "")).encode()
    for step in settings["steps"]:
        signed = STEPS[step](signed, secret)
    return signed


def _filled(template: str, known: dict[str, str]) -> str:
    """A template with its `{names}` replaced, once; what a request does not have is empty."""
    return re.sub(r"\{(\w+)\}", lambda match: known.get(match[1], ""), template)


def _form(request: requests.PreparedRequest) -> list[tuple[str, str]]:
    is_form = str(request.headers.get("Content-Type", "")).startswith("application/x-www-form-urlencoded")
    return urllib.parse.parse_qsl(_body(request), keep_blank_values=True) if is_form else []


def _body(request: requests.PreparedRequest) -> str:
    return request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")


def _put(request: requests.PreparedRequest, where: dict[str, str], value: str) -> None:
    for place, name in where.items():
        if place == "header":
            request.headers[name] = value
        elif place == "query":
            request.prepare_url(request.url or "", {name: value})
        elif place == "form":
            request.prepare_body([*_form(request), (name, value)], None)
