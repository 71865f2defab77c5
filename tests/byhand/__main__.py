"""`make byhand-score`: plants mistyped numbers on the published demo company and says how they were matched.

`--seed 1` is the one the parameters were tuned on, 20260301 was held out and scored once (docs/byhand.md).
"""

import argparse
import time

from dashboards import settings
from dashboards.published import open_published
from tests.byhand.planted import foreign, sheet
from tests.byhand.score import Score, scored


def main() -> None:
    parser = argparse.ArgumentParser(prog="make byhand-score")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=2000)
    arguments = parser.parse_args()
    with open_published(settings.load().published_file) as connection:
        for title, planted in {
            "every number mistyped": sheet(connection, arguments.rows, arguments.seed, 1.0),
            "one in ten mistyped": sheet(connection, arguments.rows, arguments.seed + 1, 0.1),
            "parcels of others": foreign(connection, arguments.rows // 4, arguments.seed + 2),
        }.items():
            began = time.monotonic()
            _say(title, scored(connection, planted), time.monotonic() - began)


def _say(title: str, score: Score, took: float) -> None:
    print(
        f"{title}: {score.rows} rows, {score.right_percent:.2f} % taken and right, {score.wrong_percent:.2f} % taken"
        f" and wrong ({score.wrong}), {score.queued} queued ({score.offered} with the right one offered),"
        f" {score.rejected} rejected; {took:.2f} s"
    )
    for kind, counts in sorted(score.by_kind.items()):
        print(f"  {kind:14}", ", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
