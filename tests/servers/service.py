"""A service that hands out records over HTTP, in every way of paging, and can be told to misbehave."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.servers.web import served

SIZE = 10
Trouble = Callable[[int], Response | None]


@dataclass
class Service:
    """What the service holds and how it behaves. `troubles` answer in place of a request, by its number from 1."""

    address: str
    records: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    before_page: Callable[[int], None] = lambda number: None
    pages_given: int = 0
    changed: Callable[[int, dict[str, Any]], dict[str, Any]] = lambda number, page: page
    tokens: list[str] = field(default_factory=list)
    valid_tokens: set[str] = field(default_factory=set)
    token_seconds: int = 3600
    may: Callable[[Request], bool] = lambda request: True

    def put(self, count: int, first: int = 1, column: str = "storedAt", day: str = "2026-01-05") -> None:
        """Records numbered on, one a minute."""
        for number in range(first, first + count):
            at = f"{day}T{(number // 60) % 24:02}:{number % 60:02}:00+08:00"
            self.records.append({"id": f"R{number:04}", "note": f'第{number}"行"', column: at})


@contextmanager
def service() -> Iterator[Service]:
    """Serve on loopback, in a thread, until the block ends."""
    made = Service("")
    routes = [
        Route("/token", _giver(made), methods=["POST"]),
        Route("/{kind}", _handler(made), methods=["GET", "POST"]),
    ]
    with served(routes) as made.address:
        yield made


def _giver(made: Service) -> Callable[[Request], Any]:
    async def give(request: Request) -> Response:
        token = f"token-{len(made.tokens) + 1}"
        made.tokens.append(token)
        made.valid_tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": made.token_seconds})

    return give


def _handler(made: Service) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        made.requests.append(request)
        made.bodies.append(await request.body())
        for trouble in made.troubles:
            if answer := trouble(len(made.requests)):
                return answer
        if not made.may(request):
            return JSONResponse({"message": "who are you?"}, 401)
        return await _page(made, request, request.path_params["kind"])

    return handle


async def _page(made: Service, request: Request, kind: str) -> Response:
    asked = dict(request.query_params)
    if made.bodies[-1]:
        is_json = request.headers["content-type"] == "application/json"
        asked |= (
            json.loads(made.bodies[-1]) if is_json else {k: str(v) for k, v in (await request.form()).items()}
        )
    made.pages_given += 1
    made.before_page(made.pages_given)
    found = [row for row in made.records if asked.get("since", "") <= _utc(row) < asked.get("until", "9")]
    size = int(asked.get("size", SIZE))
    start = {
        "page": (int(asked.get("page", 1)) - 1) * size,
        "offset": int(asked.get("offset", 0)),
        "cursor": int(asked.get("after", 0)),
        "link": int(asked.get("after", 0)),
    }.get(kind, 0)
    rows = found[start : start + size] if kind != "all" else found
    more = start + size < len(found) and kind != "all"
    page: dict[str, Any] = {"total": len(found), "data": rows}
    if kind == "cursor":
        page["meta"] = {"next": str(start + size) if more else None}
    headers = {}
    if kind == "link" and more:
        headers["link"] = f'<{made.address}/link?after={start + size}>; rel="next"'
    return JSONResponse(made.changed(made.pages_given, page), headers=headers)


def _utc(row: dict[str, Any]) -> str:
    return datetime.fromisoformat(row["storedAt"]).astimezone(UTC).isoformat().replace("+00:00", "Z")
