"""Who may see the figures: this machine alone, unless people sign in; and then those who are on the list.

Streamlit's own sign-in does the talking with the provider. Which rows somebody may see will belong to published.py.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from dashboards import oidc
from dashboards.oidc import SignIn, SignInError, is_this_machine

SIGNED_IN_SECONDS = 12 * 3600  # a working day; then the provider is asked again whether it still knows them
LINKS_KEPT, LONGEST_LINK = 1000, 4000


def serving() -> dict[str, Any]:
    """What the server is started with: the secrets of the sign-in, and who stands at the door.

    Raises:
        SystemExit: it would show the figures to others than this machine without asking who they are.
    """
    try:
        asked = oidc.load()
    except SignInError as mistake:
        raise SystemExit(f"Not started: {mistake}.") from None
    if asked:
        return {"secrets": {"auth": asked.auth()}, "middleware": [Middleware(BackToTheLink, asked.address)]}
    address = config.get_option("server.address")
    if not is_this_machine(address):
        raise SystemExit(
            f"Not started: {address or 'every address of this machine'} can be reached by others, and nobody"
            " would have to sign in. Serve localhost, or configure sign-in (docs/serving.md)."
        )
    return {"middleware": [Middleware(OnlyThisMachine)]}


def is_signed_in(claims: Mapping[str, Any]) -> bool:
    """Whether the provider has vouched for the reader, within the last working day."""
    issued = claims.get("iat")
    is_fresh = isinstance(issued, int | float) and time.time() - issued < SIGNED_IN_SECONDS
    return claims.get("is_logged_in") is True and is_fresh


def is_allowed(claims: Mapping[str, Any], asked: SignIn) -> bool:
    """Whether the reader's e-mail address is on the list, itself or by its domain, and not said to be unverified."""
    email = str(claims.get("email") or "").lower()
    name, _, domain = email.partition("@")
    is_unverified = str(claims.get("email_verified", True)).lower() != "true"
    return bool(name and domain) and not is_unverified and bool({email, domain} & asked.allowed)


class OnlyThisMachine:
    """Without sign-in: nothing for a request that came over the network or names another host.

    The start is refused already where the configured address can be reached. This holds where something else opens
    the socket, and against web sites that point a name of their own at this machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_ours(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse("Only for this machine.", 403)(scope, receive, send)

    @staticmethod
    def _is_ours(scope: Scope) -> bool:
        reached = (scope.get("server") or ("",))[0]
        named = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
        return is_this_machine(reached) and is_this_machine(named)


class BackToTheLink:
    """With sign-in: who opened a link comes back to that page, with all its address says.

    Streamlit always comes back to the first page. The browser names the page it leaves; it is kept under the
    random state that goes to the provider and returns from there. Only our own host is ever gone back to.
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        self.app = app
        self.address = address
        self.links: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
                headers = MutableHeaders(scope=message)
                if path.endswith("/auth/login"):
                    to_provider = urlsplit(headers.get("location", "")).query
                    self._keep(_state(to_provider), Headers(scope=scope).get("referer", ""))
                elif link := self.links.pop(_state(scope["query_string"].decode("latin-1")), None):
                    headers["location"] = link
            await send(message)

        is_step = path.endswith(("/auth/login", "/oauth2callback"))
        await self.app(scope, receive, answer if is_step else send)

    def _keep(self, state: str, left: str) -> None:
        if state and left.startswith(f"{self.address}/") and len(left) <= LONGEST_LINK:
            self.links[state] = left
        if len(self.links) > LINKS_KEPT:
            self.links.popitem(last=False)


def _state(query: str) -> str:
    return parse_qs(query).get("state", [""])[0]
