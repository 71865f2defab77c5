"""`python -m dagster_project.demo_company --days 150 --until 2026-02-28 --seed 7 --out FOLDER`."""

import argparse
from datetime import date
from pathlib import Path

from dagster_project import settings

from .days import number
from .generate import generate
from .history import Size


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make generate", description="Make the demo company's source files."
    )
    parser.add_argument("--days", type=int, default=150, help="local days of history (default 150)")
    parser.add_argument(
        "--until", type=date.fromisoformat, default=date(2026, 2, 28), help="the last of them"
    )
    parser.add_argument("--orders-per-day", type=float, default=890)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, help="folder (default: demo, in the data folder)")
    asked = parser.parse_args()
    if asked.days < 1 or asked.orders_per_day <= 0 or asked.seed < 0:
        parser.error("--days must be at least 1, --orders-per-day above 0, --seed not below 0")
    last = number(asked.until)
    size = Size(last - asked.days + 1, last, asked.orders_per_day, asked.seed)
    out = asked.out or settings.load().home.parent / "demo"
    try:
        generate(size, out.expanduser().resolve(), lambda line: print(line, flush=True))
    except OSError as error:
        parser.error(
            f"{error.filename or out}: {error.strerror}. Name another folder: OUT=, or TRUE_ON_TIME_DATA"
        )


if __name__ == "__main__":
    main()
