"""Where a sheet's table begins: its header, in one row or two, below titles and blank rows."""

import re
from dataclasses import dataclass

from .reading import Merge, Sheet
from .seeds import plain, synonyms

_LOOKED_AT = 60
_KNOWN = 1.5
_NUMBER = re.compile(r"[\d.,:/\-\s年月日时分秒¥￥%]+")


@dataclass(frozen=True)
class Header:
    """Rows `first` to `last` (from 1) name the columns; columns without a name are None."""

    first: int
    last: int
    names: tuple[str | None, ...]


def find(sheet: Sheet) -> Header | None:
    """The rows that name the most columns we know: of equals the upper, and one row rather than two."""
    looked_at = min(_LOOKED_AT, sheet.height)
    columns = [column.slice(0, looked_at).to_pylist() for column in sheet.columns]
    rows = [[column[at] for column in columns] for at in range(looked_at)]
    best: tuple[float, Header] | None = None
    for at in range(looked_at):
        choices = [rows[at : at + 1]]
        if at + 1 < looked_at and not any(map(_is_value, rows[at + 1])):
            choices.append(rows[at : at + 2])
        for choice in choices:
            names = _names(choice, at + 1, sheet.merges)
            known = sum(sureness_of(name) for name in names if name)
            # two rows must name more than one of them: a title above the header names nothing
            score = known + 0.01 * len(list(filter(None, names))) - 0.4 * (len(choice) - 1)
            if known >= _KNOWN and (best is None or score > best[0]):
                best = score, Header(at + 1, at + len(choice), _told_apart(names))
    return best[1] if best else None


def sureness_of(name: str) -> float:
    """How sure a name is one of ours: the whole, or its last part below a group."""
    return max((synonyms().get(plain(part), ("", 0.0))[1] for part in readings(name)), default=0.0)


def readings(name: str) -> list[str]:
    """The ways to read a name of two rows, the most telling first: group and leaf as one word, then the leaf."""
    group, gap, leaf = name.partition(" / ")
    return [group + leaf, leaf] if gap else [name]


def _names(rows: list[list[str | None]], first_row: int, merges: list[Merge]) -> list[str | None]:
    if len(rows) == 1:
        return [_clean(cell) for cell in rows[0]]
    top, bottom = (list(map(_clean, row)) for row in rows)
    top = _spread(top, bottom, first_row, merges)
    return [
        f"{group} / {leaf}" if group and leaf and group != leaf else leaf or group
        for group, leaf in zip(top, bottom, strict=True)
    ]


def _spread(
    top: list[str | None], bottom: list[str | None], row: int, merges: list[Merge]
) -> list[str | None]:
    """A group's name over all its columns: by its merged cells, where the file tells them, else up to the next."""
    spread = list(top)
    here = [merge for merge in merges if merge.first_row == row]
    for merge in here:
        for at in range(merge.first_column, min(merge.last_column + 1, len(top))):
            spread[at] = top[merge.first_column]
    if not here:
        for at in range(1, len(top)):
            if top[at] is None and bottom[at] is not None and bottom[at - 1] is not None:
                spread[at] = spread[at - 1]
    return spread


def _clean(cell: str | None) -> str | None:
    return re.sub(r"[\s\"']+", " ", cell).strip(" *:：_") or None if cell else None


def _is_value(cell: str | None) -> bool:
    return bool(cell and _NUMBER.fullmatch(cell))


def _told_apart(names: list[str | None]) -> tuple[str | None, ...]:
    """Names as a contract takes them: none twice, also not in other capitals."""
    taken: dict[str, int] = {}
    apart: list[str | None] = []
    for name in names:
        if name is None:
            apart.append(None)
            continue
        taken[name.lower()] = taken.get(name.lower(), 0) + 1
        apart.append(name if taken[name.lower()] == 1 else f"{name} {taken[name.lower()]}")
    return tuple(apart)
