"""The bench's results as one page of Markdown.

Belongs here: medians, ratios, growth, and how they read. Not here: what was run (race.py).
"""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

Result = Mapping[str, Any]

TITLES = {
    "scan": "all raw files read once",
    "by_hand": "by hand in DuckDB",
    "by_polars": "by hand in Polars",
    "by_pandas": "by hand in pandas",
    "rebuild": "True On-Time, everything anew",
    "night": "True On-Time, one night",
    "idle": "True On-Time, a night with nothing new",
}
SCAN_LIMIT = 14  # times the scan, by hand
PAGE_LIMITS = {"cold_ms": 100, "warm_ms": 20, "p95_ms": 150}
DRAWN_LIMITS = {"cold_s": 2.5, "page_s": 1.0, "month_s": 1.0}
SHOWN_MODELS = 8
MARK = "<!-- written by make bench -->"
ASKED = (
    "What is asked: everything anew at most 2.5 times by hand at a million orders and 2.0 times at five; one night at"
    " most 12 % of everything anew after one year of 2,740 orders a day and 6 % after two, and at most 1.2 times as"
    " long when the history doubles; nothing new at most 20 s; at most 2 GiB at a million orders, 4 at five, 750 MiB in"
    " a night."
)
VERSIONS = ("duckdb", "dbt-core", "dagster", "great-expectations")


def text(results: Sequence[Result], *sections: str) -> str:
    """The page, for the sizes raced, the smallest first, with what else there is to say."""
    blocks = [
        "# Speed",
        "Written by `make bench`. Each contender runs in a process of its own, in turn, round after round; figures are"
        " the medians of the rounds, ratios the medians of each round's own. Seconds say much about the machine, ratios"
        " less.",
        machine(),
        summary(results),
        ASKED,
        *(_size(result) for result in results),
        *([_growth(results)] if len(results) > 1 else []),
        _where(results),
        _models(results[-1]),
        *sections,
        *(_pages(result) for result in results),
        *(_drawn(result) for result in results if "browser" in result),
    ]
    return "\n\n".join(blocks) + "\n"


def summary(results: Sequence[Result]) -> str:
    """A table of what is asked of the product, a row a size; start-up apart, but for the night with nothing new."""
    rows = []
    for result in results:
        runs = result["runs"]
        shares = [
            _work(night) / _work(whole)
            for night, whole in zip(runs.get("night", []), runs["rebuild"], strict="night" in runs)
        ]
        rows.append(
            (
                f"{result['orders']:,} in {result['days']} days",
                f"{median(map(_work, runs['by_hand'])):.1f}" if "by_hand" in runs else "",
                f"{median(map(_work, runs['rebuild'])):.1f}",
                _ratio(runs, "rebuild", _work),
                f"{median(map(_work, runs['night'])):.1f}" if "night" in runs else "",
                f"{median(shares):.0%}" if shares else "",
                f"{median(run['wall'] for run in runs['idle']):.1f}" if "idle" in runs else "",
                *(
                    f"{max(run['peak_mb'] for run in runs[name]):,.0f}" if name in runs else ""
                    for name in ("rebuild", "night")
                ),
            )
        )
    head = (
        "orders",
        "by hand in DuckDB, s",
        "everything anew, s",
        "÷ by hand",
        "one night, s",
        "of everything anew",
        "nothing new, with start-up, s",
        "everything anew, MiB",
        "one night, MiB",
    )
    return table(head, rows)


def placed(document: str, results: Sequence[Result]) -> str:
    """A document with the summary between its two marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, _, rest = document.partition(MARK)
    _, mark, after = rest.partition(MARK)
    if not mark:
        raise ValueError(f"there are no two marks {MARK}")
    return f"{before}{MARK}\n{summary(results)}\n{MARK}{after}"


def machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return (
        f"{len(os.sched_getaffinity(0))} cores ({model}), {memory:.0f} GiB of memory, {platform.system()};"
        f" Python {platform.python_version()}, {packages}."
    )


def _size(result: Result) -> str:
    """Everybody on one size, beside the script by hand."""
    runs = result["runs"]
    rounds = len(runs["rebuild"])
    rows = [
        (
            TITLES[name],
            _seconds([run["wall"] for run in runs[name]]),
            f"{median(run['startup'] for run in runs[name]):.1f}",
            _ratio(runs, name, lambda run: run["wall"]),
            _ratio(runs, name, _work),
            f"{median(run['cpu'] for run in runs[name]):.1f}",
            f"{max(run['tree_mb'] for run in runs[name]):,.0f}",
        )
        for name in TITLES
        if name in runs
    ]
    head = (
        "",
        "seconds (least to most)",
        "of it start-up",
        "÷ by hand",
        "÷ by hand, both without start-up",
        "processor seconds",
        "most memory, MiB",
    )
    lines = [
        f"## {result['orders']:,} orders, {result['days']} days, {rounds} rounds",
        f"{result['megabytes']:,} MB of Parquet; raced {result['raced_at']}.",
        table(head, rows),
    ]
    if "by_hand" in runs:
        times = median(
            _work(hand) / _work(scan) for hand, scan in zip(runs["by_hand"], runs["scan"], strict=True)
        )
        verdict = "within" if times <= SCAN_LIMIT else "OVER"
        lines.append(f"By hand is {times:.1f} times the scan, {verdict} the limit of {SCAN_LIMIT}.")
    lines.append("All of them came to the same figures, order by order.")
    return "\n\n".join(lines)


def _growth(results: Sequence[Result]) -> str:
    rows = []
    for name in TITLES:
        runs = [result["runs"].get(name, []) for result in results]
        if sum(map(bool, runs)) < 2:
            continue
        work = [median(map(_work, each)) if each else None for each in runs]
        rows.append(
            (
                TITLES[name],
                *(f"{seconds:.1f}" if seconds else "" for seconds in work),
                *(f"{later / former:.2f}" if former and later else "" for former, later in pairwise(work)),
                *(f"{max(run['tree_mb'] for run in each):,.0f}" if each else "" for each in runs),
            )
        )
    sizes = [f"{result['orders']:,}" for result in results]
    steps = [f"{later} ÷ {former}" for former, later in pairwise(sizes)]
    head = ("", *(f"{size}, s" for size in sizes), *steps, *(f"{size}, MiB" for size in sizes))
    return "## As the history grows\n\nSeconds without start-up.\n\n" + table(head, rows)


def _where(results: Sequence[Result]) -> str:
    """Medians of each part on its own: they need not add up to the median of the whole."""
    rows = []
    for result in results:
        for name in ("rebuild", "night", "idle"):
            if name not in result["runs"]:
                continue
            runs = result["runs"][name]
            phases = {phase: median(run["phases"][phase] for run in runs) for phase in runs[0]["phases"]}
            published, startup = (median(run[name] for run in runs) for name in ("published", "startup"))
            between = median(run["published"] - run["startup"] - sum(run["phases"].values()) for run in runs)
            after = median(run["wall"] - run["published"] for run in runs)
            rows.append(
                (
                    f"{TITLES[name].removeprefix('True On-Time, ')}, {result['orders']:,}",
                    *(f"{value:.1f}" for value in (published, startup, *phases.values(), between, after)),
                )
            )
    phases = results[0]["runs"]["rebuild"][0]["phases"]
    head = ("seconds", "until published", "of it start-up", *phases, "between the steps", "after publishing")
    return "## Where a night's time goes\n\n" + table(head, rows)


def _models(result: Result) -> str:
    rows = []
    for name in ("rebuild", "night"):
        if name not in result["runs"]:
            continue
        runs = result["runs"][name]
        seconds = {model: median(run["models"][model] for run in runs) for model in runs[0]["models"]}
        slowest = sorted(seconds, key=seconds.__getitem__, reverse=True)[:SHOWN_MODELS]
        told = ", ".join(f"{model} {seconds[model]:.1f}" for model in slowest)
        rows.append((TITLES[name].removeprefix("True On-Time, "), told))
    head = ("", "slowest models, seconds")
    return f"{result['orders']:,} orders:\n\n" + table(head, rows)


def _pages(result: Result) -> str:
    asked = result["pages"]
    rows = [
        (name, *(limited(times[kind], limit) for kind, limit in PAGE_LIMITS.items()))
        for name, times in asked.items()
    ]
    head = (
        "query",
        f"first, ms (at most {PAGE_LIMITS['cold_ms']})",
        f"again, ms (at most {PAGE_LIMITS['warm_ms']})",
        f"8 readers at once, 95 of 100, ms (at most {PAGE_LIMITS['p95_ms']})",
    )
    return f"## The pages' queries, {result['orders']:,} orders\n\n" + table(head, rows)


def _drawn(result: Result) -> str:
    told = result["browser"]
    rows = [
        (name, *(limited(times[kind], limit, 2) for kind, limit in DRAWN_LIMITS.items()))
        for name, times in told["pages"].items()
    ]
    head = (
        "page",
        f"cold, s (at most {DRAWN_LIMITS['cold_s']})",
        f"from another page, s (at most {DRAWN_LIMITS['page_s']:.0f})",
        f"another month, s (at most {DRAWN_LIMITS['month_s']:.0f})",
    )
    crowd = told["crowd"]
    said = (
        f"{crowd['readers']} readers open the pages in the same moment, on a server that has just started: half have"
        f" their first picture after {crowd['median_s']:.1f} s, the last after {crowd['slowest_s']:.1f} s;"
        f" errors: {len(crowd['errors'])}."
    )
    note = (
        "To the first picture or table of the page, in Chromium; medians. Cold: the server has just started, the"
        " browser has nothing. No question is answered from what an earlier one left."
    )
    return f"## The pages, {result['orders']:,} orders\n\n{note}\n\n{table(head, rows)}\n\n{said}"


def limited(value: float | None, limit: float, digits: int = 1) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" if value <= limit else f"**{value:.{digits}f}**"


def _work(run: Mapping[str, Any]) -> float:
    return run["wall"] - run["startup"]


def _ratio(runs: Mapping[str, Any], name: str, of: Any) -> str:
    if "by_hand" not in runs:
        return ""
    return f"{median(of(run) / of(hand) for run, hand in zip(runs[name], runs['by_hand'], strict=True)):.2f}"


def _seconds(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
