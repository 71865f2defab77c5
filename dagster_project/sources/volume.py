"""Whether a file is far too short for its weekday: judged from the files before it, so the order of arrival
is no matter."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

KEPT = 8  # files of the same weekday that make the usual size
NEEDED = 4
SMALLEST_USUAL = 20  # below this many rows chance alone halves a file
_DATES = re.compile(r"\d{4}[-_]?\d{2}[-_]?\d{2}")


@dataclass(frozen=True)
class Sized:
    """A file with its rows; `is_vouched` if a manifest or a person says that it is whole."""

    file: str
    drop_date: date | None
    rows: int
    is_vouched: bool


def too_short(files: Iterable[Sized], days_off: frozenset[date]) -> dict[str, float]:
    """Files with under half their usual rows, with what is usual.

    Files of one series (the same path but for its dates) are judged in the order of their drop dates; a
    refused one is not part of what is usual afterwards. A drop on a day off, or on the day after one (whose
    rows it holds), is taken as it is.
    """
    usual: dict[tuple[str, int], list[int]] = defaultdict(list)
    refused: dict[str, float] = {}
    for sized in sorted(files, key=lambda sized: (sized.drop_date or date.min, sized.file)):
        if sized.drop_date is None:
            continue
        before = usual[_DATES.sub("", sized.file), sized.drop_date.weekday()]
        is_off = sized.drop_date in days_off or sized.drop_date - timedelta(days=1) in days_off
        if len(before) >= NEEDED and not (is_off or sized.is_vouched):
            typical = median(before[-KEPT:])
            if typical >= SMALLEST_USUAL and sized.rows < typical / 2:
                refused[sized.file] = typical
                continue
        if not is_off:
            before.append(sized.rows)
    return refused
