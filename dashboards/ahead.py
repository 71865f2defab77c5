"""What the first reader would wait for, done ahead: the server opens its file, browsers fetch the charts' script."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from dashboards import settings


def added_to(serving: dict[str, Any]) -> dict[str, Any]:
    """What the server is started with, and this."""
    return {**serving, "lifespan": warmed, "middleware": [*serving["middleware"], Middleware(ChartsAhead)]}


@asynccontextmanager
async def warmed(app: st.App) -> AsyncIterator[None]:
    """The server's lifespan: it answers once its libraries are there and the published file is open."""
    importlib.import_module("plotly.graph_objects")
    published = importlib.import_module("dashboards.published")  # its caches want a server that runs
    with suppress(published.NothingPublishedError):  # the pages say so
        published.ask(settings.load().published_file, "run")
    yield


class ChartsAhead:
    """Tells the browser to fetch and compile the charts' script beside Streamlit's own, not after the first answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        static = Path(get_static_dir())
        scripts = [path.relative_to(static).as_posix() for path in static.glob("static/js/PlotlyChart.*.js")]
        self.link = ", ".join(f"<./{script}>; rel=modulepreload" for script in scripts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("link", self.link)
            await send(message)

        await self.app(scope, receive, answer)
