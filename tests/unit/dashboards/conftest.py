"""A small published file made in SQL (published.sql), and the app opened on it without a browser."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dagster_project.settings import REPOSITORY
from dashboards import oidc

SCRIPT = Path(__file__).with_name("published.sql")
APP = REPOSITORY / "dashboards" / "streamlit_app.py"
OpenPage = Callable[..., AppTest]
ADDRESS = "https://ontime.wholesale.example"
SIGN_IN = {
    "PROVIDER": "https://id.wholesale.example",
    "CLIENT_ID": "ontime",
    "CLIENT_SECRET": "known to the provider",
    "ADDRESS": ADDRESS,
    "ALLOWED": "wholesale.example, Anna@Partner.example",
}


def run_to_its_end(work: Coroutine) -> None:
    """In a thread of its own: once a browser test has run, Playwright's event loop stays in the main one."""
    with ThreadPoolExecutor(1) as own:
        own.submit(asyncio.run, work).result()


@pytest.fixture(autouse=True)
def main_stays() -> Iterator[None]:
    """The harness leaves the app as `__main__`; a process that another test spawns would start from it."""
    ours = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = ours


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published file, made once."""
    file = tmp_path_factory.mktemp("made") / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
    return file


@pytest.fixture
def published(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The published file as the demo profile's, in a data folder of its own; the environment points at it."""
    folder = tmp_path / "demo" / "published"
    folder.mkdir(parents=True)
    file = folder / "warehouse.duckdb"
    file.write_bytes(made.read_bytes())
    monkeypatch.setenv("TRUE_ON_TIME_DATA", str(tmp_path))
    monkeypatch.setenv("TRUE_ON_TIME_PROFILE", "demo")
    st.cache_data.clear()
    st.cache_resource.clear()
    return file


@pytest.fixture
def open_page(published: Path) -> OpenPage:
    """Open the app as an address would: `open_page(period="2026-01", place=["WH_B"], lang="zh")`."""

    def opened(**query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return opened


@pytest.fixture
def status(published: Path) -> Callable[..., None]:
    """Write what the last night said of itself."""

    def write(**said: object) -> None:
        (published.parent / "status.json").write_text(json.dumps(said), encoding="utf-8")

    return write


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-in as the environment describes it."""
    for name, value in SIGN_IN.items():
        monkeypatch.setenv(oidc.PREFIX + name, value)
