"""How old figures get that are pulled on a short rhythm, as a section of the bench's page."""

from tests.bench.report import Result, limited, machine, table

SOURCES, LIMIT = 22, 18
TITLE = "## Stock and tracks within seconds"


def section(results: Result) -> str:
    """The part about the small refresh, case by case."""
    cases = {name: told for name, told in results.items() if isinstance(told, dict)}
    rows = [
        (
            case,
            f"{told['rounds']}",
            f"{told['well']} of {SOURCES}",
            f"{told['seconds']:.1f} ({told['slowest']:.1f})",
            f"{told['cpu']:.1f}",
            f"{told['share']:.0%}",
            f"{told['usual']:.1f}",
            limited(told["oldest"], LIMIT),
        )
        for case, told in cases.items()
    ]
    head = (
        "",
        "rounds",
        "sources well, at least",
        "to land, map and publish, s (slowest)",
        "processor seconds a round, fetching included",
        "of one core",
        "oldest figure, usually, s",
        f"oldest figure at its worst, s (at most {LIMIT})",
    )
    first = next(iter(cases.values()))
    note = (
        f"Written by `make bench-live`, {results['raced_at']}, on {machine()}"
        f" The loop of `make live` asks {SOURCES} sources every 10 s: 3 warehouse systems and 12 carriers over HTTP, 7"
        " databases in MariaDB, all of them on this machine and with their own share of it."
        f" {first['stock']:,} figures of stock, {first['tracks']:,} waybills. The age of the oldest figure is taken"
        " when its file is replaced by the next, of all sources but the one that is wrong."
    )
    return f"{TITLE}\n\n{note}\n\n{table(head, rows)}\n"


def part_of(document: str) -> str:
    """The part about the small refresh of a page, empty where it has none."""
    _, title, rest = document.partition(TITLE)
    return title + rest.split("\n## ", 1)[0].rstrip() + "\n" if title else ""


def placed(document: str, part: str) -> str:
    """A page with its part about the small refresh replaced, or put at its end."""
    bare = document.replace(part_of(document), "").rstrip()
    return f"{bare}\n\n{part}" if part else f"{bare}\n"
