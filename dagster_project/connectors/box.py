"""A box takes what is pushed to one table: it reads a request, checks who sends it, and hands back the document.

Belongs here: what is taken of a request, and what is refused. Nothing of what is sent is ever printed.
"""

import asyncio
import hmac
import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from dagster_project.connectors import auth
from dagster_project.connectors.spool import Spool
from dagster_project.sources.connections import Connection
from dagster_project.sources.lengths import parsed_size

SEAL_SECONDS = 60.0
SEAL_LINES = 5_000
SEAL_BYTES = 32_000_000
READ_SECONDS = 30.0  # that a sender may take for a body
FIELDS = 100
LIMIT = "1MB"
REASONS = {401: "wrong signature", 413: "too large", 400: "no JSON", 408: "too slow", 503: "disk"}


class RefusedError(Exception):
    """A request that is not taken."""

    def __init__(self, status: int) -> None:
        super().__init__(REASONS[status])
        self.status = status


class Box:
    """One table that documents are pushed to."""

    def __init__(
        self, connection: Connection, settings: dict[str, Any], pull: dict[str, Any], spool: Spool
    ) -> None:
        self.connection, self.spool = connection, spool
        self.check = settings["check"]
        self.field = pull.get("field")
        self.limit = parsed_size(str(settings.get("limit", LIMIT)))
        answer = settings.get("answer", "")
        self.answer = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        self.type = "text/plain" if isinstance(answer, str) else "application/json"
        self.waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self.opened_at = 0.0
        self.taken = 0
        self.refused: Counter[int] = Counter()

    async def document(self, request: Request) -> bytes:
        """The document of a request, as a line.

        Raises:
            RefusedError: it is too large, not by whom it should be, or no JSON.
        """
        body = await self._body(request)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise RefusedError(400) from None
        form: dict[str, str] = {}
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            try:
                form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS, errors="strict"))
            except ValueError:
                raise RefusedError(400) from None
        if not is_by_sender(self.check, request, text, form):
            raise RefusedError(401)
        told = form.get(str(self.field), "") if self.field else text
        try:
            json.loads(told, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise RefusedError(400) from None
        # a line end in JSON stands between its parts only
        return told.replace("\r", " ").replace("\n", " ").encode()

    async def _body(self, request: Request) -> bytes:
        if int(request.headers.get("content-length") or 0) > self.limit:
            raise RefusedError(413)
        body = bytearray()
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for piece in request.stream():
                    body += piece
                    if len(body) > self.limit:
                        raise RefusedError(413)
        except TimeoutError:
            raise RefusedError(408) from None
        return bytes(body)

    @property
    def is_full(self) -> bool:
        grown = self.spool.lines >= SEAL_LINES or self.spool.bytes >= SEAL_BYTES
        return self.spool.file is not None and (grown or time.monotonic() - self.opened_at >= SEAL_SECONDS)


def is_by_sender(check: Mapping[str, Any], request: Request, body: str, form: Mapping[str, str]) -> bool:
    """Whether a request carries the key or the signature that the connection's `check` asks for."""
    ((where, name),) = check["at"].items()
    carried = {"header": request.headers, "query": request.query_params, "form": form}[where].get(name, "")
    if check["kind"] == "key":
        wanted = str(check["key"]).encode()
    else:
        known = {**request.query_params, **form, "body": body, "path": request.url.path}
        wanted = auth.signature(check, known)
    wanted = str(check.get("prefix", "")).encode() + wanted
    return hmac.compare_digest(carried.encode(), wanted)


def _no_number(name: str) -> float:
    raise ValueError(name)
