"""The executive page's queries on a published file, timed: `python -m tests.bench.pages FILE OUT` writes JSON.

Belongs here: asking as the page asks, for the latest month and everything. Not here: drawing (dashboards/).
"""

import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from dashboards.published import QUERIES, Row, open_published
from dashboards.ui.periods import month_of

Question = tuple[str, dict[str, Any]]
COLD_TRIES = 5
WARM_TRIES = 20
READERS = 8
READER_ROUNDS = 10


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
    """What the page asks when it opens, by a name for it."""
    with open_published(file) as connection:
        parameters = ask(connection, ("parameters", {}))[0]
        (run,) = ask(connection, ("run", parameters))
        months = ask(connection, ("months", parameters))
    start: date = next((row["month"] for row in months if row["is_enough"]), months[0]["month"])
    month = month_of(start, run["last_day"])
    nobody: dict[str, list[str]] = {"places": [], "carriers": [], "types": []}
    chosen = {
        **parameters,
        **nobody,
        "lang": "en",
        "from_day": month.first.isoformat(),
        "to_day": month.last.isoformat(),
    }
    whole = {**chosen, "from_day": run["first_day"].isoformat(), "to_day": run["last_day"].isoformat()}
    names = (
        "run",
        "months",
        "choices",
        "rates",
        "lateness",
        "overdue",
        "stages",
        "late_to_customer",
        "bridge",
    )
    return {
        "parameters": ("parameters", {}),
        **{name: (name, chosen) for name in names},
        "trend by day": ("trend", {**chosen, "grain": "day"}),
        "trend by month": ("trend", {**whole, "grain": "month"}),
    }


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
