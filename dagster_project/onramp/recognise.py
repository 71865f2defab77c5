"""Which column of ours a column of a workbook is: by its name and by what its values look like."""

import difflib
from dataclasses import dataclass, field

from dagster_project.sources.columns import EXCEL_SERIAL

from .header import readings
from .seeds import PERSONAL, Target, plain, synonyms, targets
from .values import Values

TAKEN = 0.5  # as sure one must be to take a column without a person's word


_PHONES = 0.8
_LIKE_NUMBERS = {EXCEL_SERIAL, "%Y%m%d", "%Y%m%d%H%M%S"}  # what may be a number, too


@dataclass
class Column:
    """A column of a table with what is proposed for it. `is_sure` may be a person's word: `by_hand`."""

    name: str
    values: Values
    target: str | None = None
    sureness: float = 0.0
    why: str = "no name that we know"
    by_hand: bool = False

    @property
    def taken(self) -> Target | None:
        """What the column is taken for."""
        return targets()[self.target] if self.target and (self.by_hand or self.sureness >= TAKEN) else None


@dataclass
class Table:
    """Sheets with the same header: one table of ours. `sheets` are numbers of sheets."""

    sheets: list[int]
    names: tuple[str, ...]
    columns: list[Column] = field(default_factory=list)
    name: str = ""
    is_sparse: bool = False  # the order is named in its first row only

    def column(self, target: str) -> Column | None:
        return next((column for column in self.columns if column.taken and column.taken.name == target), None)

    def has(self, *wanted: str) -> bool:
        return any(self.column(target) for target in wanted)

    @property
    def targets(self) -> list[Target]:
        return [column.taken for column in self.columns if column.taken and column.taken.name != PERSONAL]


@dataclass(frozen=True)
class _Candidate:
    sureness: float
    column: Column
    target: str
    why: str


def assign(columns: list[Column]) -> None:
    """Gives each column the target it is likeliest to be; a target goes to one column only, but for personal ones."""
    candidates = [candidate for column in columns for candidate in _candidates(column)]
    taken: set[str] = set()
    for candidate in sorted(candidates, key=lambda candidate: -candidate.sureness):
        column = candidate.column
        if column.target or candidate.target in taken:
            if not column.target:
                column.why = f"another column is likelier to be {candidate.target}"
            continue
        column.target, column.sureness, column.why = candidate.target, candidate.sureness, candidate.why
        if candidate.target != PERSONAL:
            taken.add(candidate.target)


def _candidates(column: Column) -> list[_Candidate]:
    found: dict[str, _Candidate] = {}
    for at, reading in enumerate(readings(column.name)):
        for target, by_name, why_name in _by_name(reading):
            fit, why_values = _fit(targets()[target], column.values)
            sureness = round(by_name * fit * (1 if at == 0 else 0.95), 2)
            if sureness > 0 and (target not in found or sureness > found[target].sureness):
                found[target] = _Candidate(sureness, column, target, f"{why_name}; {why_values}")
            elif sureness == 0 and column.target is None:
                column.why = f"{why_name}, but {why_values}"
    if not found and column.values.phones >= _PHONES:
        found[PERSONAL] = _Candidate(
            column.values.phones, column, PERSONAL, "its values look like mobile numbers"
        )
    return list(found.values())


def _by_name(name: str) -> list[tuple[str, float, str]]:
    """The targets a name can mean: exactly, else by the longest known name in it, else by the most alike."""
    word = plain(name)
    if word in synonyms():
        target, sureness = synonyms()[word]
        return [(target, sureness, "name known")]
    inside = [known for known in synonyms() if known in word and len(known) >= _least(known)]
    if inside:
        longest = max(inside, key=len)
        target, sureness = synonyms()[longest]
        share = (len(longest) / len(word)) ** 0.5
        return [(target, round(sureness * 0.9 * share, 2), f"name holds '{longest}'")]
    alike = difflib.get_close_matches(word, list(synonyms()), n=1, cutoff=0.8) if len(word) >= 4 else []
    if alike:
        target, sureness = synonyms()[alike[0]]
        return [(target, round(sureness * 0.7, 2), f"name is like '{alike[0]}'")]
    return []


def _least(known: str) -> int:
    """How long a name must be to be looked for inside another: 'date' says little, '订单' something."""
    if synonyms()[known][0] == PERSONAL:
        return 5 if known.isascii() else 2
    return 5 if known.isascii() else 3


def _fit(target: Target, values: Values) -> tuple[float, str]:
    """How well values fit a kind, from 0 to 1, and the words for it."""
    if not values.filled:
        return (0.6, "no value in it") if target.kind != "id" else (0.0, "no value is in it")
    filled = f"{values.filled:,} of {values.rows:,} filled"
    if target.kind == "time":
        told = f"{values.times:.0%} are times" + (", without a clock" if values.are_days else "")
        if values.is_day_month_unclear:
            return values.times * 0.4, f"{told}; day and month cannot be told apart"
        return (values.times, told) if values.times >= 0.5 else (0.0, f"only {told}")
    if target.kind == "count":
        told = f"{values.counts:.0%} are whole numbers"
        return (1.0, told) if values.counts >= 0.99 else (0.0, f"only {told}")
    if target.kind == "money":
        told = f"{values.numbers:.0%} are numbers"
        return (values.numbers, told) if values.numbers >= 0.9 else (0.0, f"only {told}")
    if target.kind == "id":
        if values.cut:
            return 0.0, f"{values.cut:,} of its numbers were cut, as 2.02601E+13: export it as text"
        if values.times >= 0.9 and set(values.formats) - _LIKE_NUMBERS:
            return 0.0, "its values are times"
        return 1.0, f"{values.distinct:,} different in {values.filled:,}"
    if target.name == "orders.status":
        known = (
            f"{values.states} of its words end an order"
            if values.states
            else "none of its words ends an order"
        )
        return (1.0 if values.states else 0.7), known
    return 1.0, filled
