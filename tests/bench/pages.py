"""What the pages ask of a published file, timed: `python -m tests.bench.pages FILE OUT` writes JSON.

Each page is opened once, without a browser, and what it asks is written down; then each question is timed alone. So a
page that is added, or asks something new, is timed too. Not here: drawing (tests/bench/browser.py).
"""

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from streamlit.testing.v1 import AppTest

from dagster_project.settings import REPOSITORY
from dashboards import published
from dashboards.published import QUERIES, Row, open_published
from dashboards.ui import navigation

Question = tuple[str, dict[str, Any]]
APP = REPOSITORY / "dashboards" / "streamlit_app.py"
COLD_TRIES = 5
WARM_TRIES = 20
READERS = 8
READER_ROUNDS = 10
# what a page is opened with beside its own address: the lists behind the figures, and an order
LISTS = ("late", "late_erp", "overdue", "due_missed", "lost", "stage", "stuck", "step")


def main(file: Path, out: Path) -> None:
    asked = questions(file)
    times = {
        name: {"cold_ms": cold(file, question), "warm_ms": warm(file, question)}
        for name, question in asked.items()
    }
    for name, p95 in crowded(file, asked).items():
        times[name]["p95_ms"] = p95
    out.write_text(json.dumps(times), encoding="utf-8")


def questions(file: Path) -> dict[str, Question]:
    """What the pages ask when they open, by page and query; what pages share is told once."""
    os.environ["TRUE_ON_TIME_DATA"] = str(file.parent.parent.parent)
    os.environ["TRUE_ON_TIME_PROFILE"] = str(file.parent.parent)
    found: dict[str, Question] = {}
    for key, query in _openings(file):
        for question in _asked(key, query):
            if question not in found.values():
                name = f"{key}: {question[0]}"
                also = question[1].get("show") if key == "orders" else question[1].get("grain")
                name = f"{name} ({also})" if also else name
                while name in found:
                    name += " again"
                found[name] = question
    return found


def _openings(file: Path) -> list[tuple[str, dict[str, str]]]:
    """Each page as it opens, then the orders' lists and one order."""
    with open_published(file) as connection:
        order, stage, place = connection.execute(
            "select order_id, stage, place from published.marts.fct_lateness where place is not null"
            " order by late_minutes desc limit 1"
        ).fetchone() or ("", "", "")
    keys = [key for group in navigation.PAGES.values() for key in group]
    narrowed = {"stage": stage, "at": place, "step": "valid_signature"}
    return [
        *((key, {}) for key in keys),
        *(("orders", {"show": show, **narrowed}) for show in LISTS),
        ("orders", {"find": order}),
    ]


def _asked(key: str, query: dict[str, str]) -> list[Question]:
    """What a page asks on its way to the screen."""
    said: list[Question] = []
    ask_published = published.ask

    def note(file: Path, name: str, **values: Any) -> list[Row]:
        (parameters,) = ask_published(file, "parameters")
        said.append((name, {**parameters, **values}))
        return ask_published(file, name, **values)

    # the harness opens the first page only, so it is made the first
    others = {group: [other for other in keys if other != key] for group, keys in navigation.PAGES.items()}
    first = {
        group: [key, *keys] if number == 0 else keys for number, (group, keys) in enumerate(others.items())
    }
    with patch.object(published, "ask", note), patch.object(navigation, "PAGES", first):
        app = AppTest.from_file(str(APP), default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
    if app.exception:
        raise RuntimeError(f"{key}: {app.exception[0].message}")
    return said


def ask(connection: duckdb.DuckDBPyConnection, question: Question) -> list[Row]:
    """The rows of a query, with what it knows of the values bound."""
    name, values = question
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    wanted = set().union(*(statement.named_parameters for statement in duckdb.extract_statements(text)))
    cursor = connection.execute(text, {name: value for name, value in values.items() if name in wanted})
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def cold(file: Path, question: Question) -> float:
    """The median of first questions to a file that has just been attached, attaching included."""

    def first() -> None:
        with open_published(file) as connection:
            ask(connection, question)

    return statistics.median(_milliseconds(first) for _ in range(COLD_TRIES))


def warm(file: Path, question: Question) -> float:
    with open_published(file) as connection:
        ask(connection, question)
        return statistics.median(_milliseconds(partial(ask, connection, question)) for _ in range(WARM_TRIES))


def crowded(file: Path, asked: dict[str, Question]) -> dict[str, float]:
    """By question, what 95 in 100 of the answers took at most while eight readers ask everything, over and over."""
    took: dict[str, list[float]] = {name: [] for name in asked}
    with open_published(file) as connection:

        def read() -> None:
            with connection.cursor() as cursor:
                for _ in range(READER_ROUNDS):
                    for name, question in asked.items():
                        took[name].append(_milliseconds(partial(ask, cursor, question)))

        readers = [threading.Thread(target=read) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    return {name: statistics.quantiles(times, n=20)[-1] for name, times in took.items()}


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
