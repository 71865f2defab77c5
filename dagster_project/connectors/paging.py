"""How a service is asked for the next page: by number, by offset, by a cursor in the answer, by a link header."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from urllib.parse import urljoin, urlsplit

import requests


@dataclass(frozen=True)
class Question:
    """What a service is asked: an address, and parameters that go where the service wants them."""

    url: str
    parameters: dict[str, str] = field(default_factory=dict)


class PagingError(RuntimeError):
    """The pages do not come to an end, or lead elsewhere."""


class Pager(Protocol):
    @property
    def first(self) -> dict[str, str]:
        """Parameters of the first page."""

    def next(self, asked: Question, response: requests.Response, records: int) -> Question | None:
        """The request for the page after this one; None if it was the last."""


def pager(settings: dict[str, Any], base: str) -> Pager:
    """The pager that a table's `pages` describe; all in one page if nothing is said."""
    kinds: dict[str, Callable[..., Pager]]
    kinds = {"none": Single, "page": Numbered, "offset": Numbered, "cursor": Cursor, "link": Link}
    return kinds[settings.get("by", "none")](settings, base)


class Single:
    """There is one page."""

    first: ClassVar[dict[str, str]] = {}

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        pass

    def next(self, asked: Question, response: requests.Response, records: int) -> Question | None:
        return None


class Numbered:
    """Pages by number or offset; the first empty one is past the last, for a short page may be one that changed."""

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self.is_offset = settings["by"] == "offset"
        self.parameter = str(settings.get("parameter", settings["by"]))
        self.number = int(settings.get("first", 0 if self.is_offset else 1))
        self.size = (
            {str(settings["size_parameter"]): str(settings["size"])} if "size_parameter" in settings else {}
        )
        self.first = {self.parameter: str(self.number), **self.size}

    def next(self, asked: Question, response: requests.Response, records: int) -> Question | None:
        if not records:
            return None
        self.number += records if self.is_offset else 1
        return Question(asked.url, asked.parameters | {self.parameter: str(self.number), **self.size})


class Cursor:
    """The answer names what to ask with next."""

    first: ClassVar[dict[str, str]] = {}

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self.parameter = str(settings["parameter"])
        self.path = [part for part in str(settings["next"]).removeprefix("$").split(".") if part]
        self.seen: set[str] = set()

    def next(self, asked: Question, response: requests.Response, records: int) -> Question | None:
        value = json.loads(response.text)
        for part in self.path:
            value = value.get(part) if isinstance(value, dict) else None
        if value in (None, "", False):
            return None
        if str(value) in self.seen:
            raise PagingError(f"the cursor {value} came twice: the pages would never end")
        self.seen.add(str(value))
        return Question(asked.url, asked.parameters | {self.parameter: str(value)})


class Link:
    """The header `Link: <…>; rel="next"` of RFC 8288 leads on, as long as it stays with the service."""

    first: ClassVar[dict[str, str]] = {}

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self.base = base
        self.seen: set[str] = set()

    def next(self, asked: Question, response: requests.Response, records: int) -> Question | None:
        link = response.links.get("next", {}).get("url")
        if not link:
            return None
        url = urljoin(response.url, link)
        if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
            raise PagingError(
                f"the next page is said to be at {urlsplit(url).netloc}, which is another service"
            )
        if url in self.seen:
            raise PagingError("a page links to one that came before: the pages would never end")
        self.seen.add(url)
        return Question(url)
