"""`make bench`: race every size, write docs/bench.md and README's table, and fail if the contenders do not agree.

`python -m tests.bench --orders 100000 1000000 --rounds 3`. Files and homes lie under `<data>/bench/<orders>`; a size
raced before stays on the page until it is raced again.
"""

import argparse
import json
import sys
from pathlib import Path

from dagster_project import settings
from dagster_project.lib.progress import say_line
from dagster_project.settings import REPOSITORY
from tests.bench import company, connectors, report, report_connectors, report_live
from tests.bench.race import OtherFiguresError, Race

PAGE, README = REPOSITORY / "docs" / "bench.md", REPOSITORY / "README.md"


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed, as ratios to a hand-written script.")
    parser.add_argument("--orders", type=int, nargs="+", default=[100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--orders-a-day", type=int, default=company.ORDERS_A_DAY)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument(
        "--pages-alone", action="store_true", help="only what the pages take, beside an earlier race"
    )
    parser.add_argument(
        "--connectors-alone",
        action="store_true",
        help="only how fast connections bring rows, beside earlier races",
    )
    arguments = parser.parse_args()
    folder = settings.load().home.parent / "bench"
    for orders in [] if arguments.connectors_alone else arguments.orders:
        race = Race(folder / str(orders), orders, arguments.orders_a_day, say_line)
        file = folder / f"{orders}.json"
        if arguments.pages_alone:
            result = json.loads(file.read_text(encoding="utf-8")) | race.pages_alone()
            file.write_text(json.dumps(result, indent=1), encoding="utf-8")
            continue
        try:
            result = race.run(arguments.rounds)
        except OtherFiguresError as differences:
            say_line(f"the figures differ:\n{differences}")
            return 1
        file.write_text(json.dumps(result, indent=1), encoding="utf-8")
    results = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    results.sort(key=lambda result: result["orders"])
    if not arguments.pages_alone:
        connectors.run(folder / "connectors", say_line)
    rates = connectors.result(folder / "connectors")
    before = arguments.page.read_text(encoding="utf-8") if arguments.page.exists() else ""
    page = report.text(results, *([report_connectors.section(rates)] if rates else []))
    page = report_live.placed(page, report_live.part_of(before))
    arguments.page.write_text(page, encoding="utf-8")
    if arguments.page == PAGE:
        README.write_text(report.placed(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    sys.stdout.write(f"\n{page}\nwritten to {arguments.page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
