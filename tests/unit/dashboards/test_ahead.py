"""The charts' script is named to the browser before it asks, with pages and with nothing else."""

import re
from pathlib import Path

import pytest
from streamlit.file_util import get_static_dir

from dashboards import ahead
from tests.unit.dashboards.conftest import run_to_its_end


def headers_of(content_type: str) -> dict[str, str]:
    """The headers of an answer of this type, as they leave."""
    sent: list[dict] = []

    async def inside(scope, receive, send) -> None:
        headers = [(b"content-type", content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def send(message) -> None:
        sent.append(message)

    run_to_its_end(ahead.ChartsAhead(inside)({"type": "http"}, None, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_a_page_names_the_script_that_streamlit_ships() -> None:
    link = headers_of("text/html; charset=utf-8")["link"]
    named = re.fullmatch(r"<\./(static/js/PlotlyChart\.[\w-]+\.js)>; rel=modulepreload", link)
    assert named and (Path(get_static_dir()) / named[1]).is_file()


@pytest.mark.parametrize("content_type", ["application/javascript", "application/json", ""])
def test_nothing_else_does(content_type: str) -> None:
    assert "link" not in headers_of(content_type)
