"""One small company for all tests of the generator: ten weeks, drawn and written once a session."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from dagster_project.demo_company import shapes
from dagster_project.demo_company.days import number
from dagster_project.demo_company.generate import generate
from dagster_project.demo_company.history import Size, draw
from dagster_project.demo_company.recording import store

LAST_DAY = number("2026-02-28")
SMALL = Size(LAST_DAY - 69, LAST_DAY, 150, 7)


@dataclass(frozen=True)
class Company:
    """A generated company: its files, its answers, and the recorded history they were written from."""

    size: Size
    out: Path
    history: duckdb.DuckDBPyConnection

    @property
    def source(self) -> Path:
        return self.out / "source"

    def answers(self, name: str) -> str:
        return str(self.out / "answers" / f"{name}.parquet")


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    out = tmp_path_factory.mktemp("demo")
    generate(SMALL, out, lambda line: None)
    history = duckdb.connect()
    history.execute("SET TimeZone = 'UTC'")
    store(history, draw(SMALL), SMALL)
    for statement in shapes.name_things(SMALL):
        history.execute(statement)
    return Company(SMALL, out, history)
