"""A service that is asked number by number, as most carriers want it: for each waybill that is still under way.

Belongs here: the order of things. What came is kept piece by piece, first the answers, then whose turn it was, so that
a kill at any point asks twice and loses nothing.
"""

import json
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from dagster_project.connectors.asking import Answer, Asking, Question
from dagster_project.connectors.drops import Drops
from dagster_project.connectors.ledger import Ledger
from dagster_project.connectors.place import Fetched
from dagster_project.sources.connections import Pull

if TYPE_CHECKING:
    from dagster_project.connectors.rest import Service

KEEP_SECONDS = 20.0  # what came is kept at least this often
KEEP_COUNT = 2_000
ANSWERED, UNKNOWN = "answered", "the service does not know it"
TOLD = 5  # numbers that are named in a warning
_NUMBER = re.compile(r"[0-9A-Za-z_-]+")


def fetch(service: "Service", pull: Pull, drops: Drops) -> Fetched:
    """Ask for every open waybill, as far as time and rate allow; what came is kept piece by piece."""
    if not service.published.exists():
        return Fetched(
            warnings=("nothing is published yet, so no waybill is known to be asked for: make run",)
        )
    settings = pull.settings["each"]
    ledger = Ledger(service.duck, service.published, settings, drops)
    waiting = ledger.waiting()
    size = int(settings.get("at_once", 1))
    asking = Asking(service, pull, ledger.names)
    kept = _Kept(service, pull, drops, ledger)
    for carrier, number in waiting:
        if not _NUMBER.fullmatch(number):
            ledger.note(carrier, [number], "it is no number that can be asked for")
    questions = _grouped([one for one in waiting if one not in ledger.outcomes], size)
    try:
        stopped = asking.all(questions, kept.take)
    finally:
        kept.all()
    return Fetched(
        rows=kept.rows,
        file=kept.file,
        new_columns=tuple(sorted(kept.new_columns)),
        last_event_at=kept.newest,
        warnings=tuple(_warnings(ledger.outcomes, len(waiting))),
        error=stopped or _all_refused(ledger.outcomes),
    )


class _Kept:
    """Answers on their way into drops, and numbers on their way into the ledger."""

    def __init__(self, service: "Service", pull: Pull, drops: Drops, ledger: Ledger) -> None:
        self.service, self.pull, self.drops, self.ledger = service, pull, drops, ledger
        self.answers: list[Answer] = []
        self.since = time.monotonic()
        self.rows, self.file = 0, ""
        self.newest: str | None = None
        self.new_columns: set[str] = set()

    def take(self, answer: Answer) -> None:
        carrier, numbers = answer.question.carrier, answer.question.numbers
        if answer.text and not self.service.is_json(answer.text):  # DuckDB's word counts: it writes the drop
            answer = replace(answer, text="", refused="the answer is no JSON")
        if answer.text:
            self.answers.append(answer)
            for number in numbers:
                self.ledger.note(carrier, [number], ANSWERED if number in answer.text else UNKNOWN)
        else:
            self.ledger.note(carrier, numbers, answer.refused or answer.failed)
        if len(self.answers) >= KEEP_COUNT or time.monotonic() - self.since > KEEP_SECONDS:
            self.all()

    def all(self) -> None:
        """Write a drop of what came since, then who was asked."""
        self.since = time.monotonic()
        if self.answers:
            contract = self.drops.contract
            self.service.hold_answers([(a.text, _asked(a.question, self.pull)) for a in self.answers])
            self.service.cut(self.pull, contract)
            believed, _ = self.service.newest(self.pull, contract)
            self.newest = believed.astimezone(UTC).isoformat() if believed else self.newest
            new = tuple(name for name in self.service.new_columns(contract) if name != "asked")
            self.new_columns.update(new)
            drop = self.drops.write(self.service.duck, self.service.rows(contract, new))
            if drop:
                self.rows, self.file = self.rows + (drop.rows or 0), drop.file
            self.answers = []
        self.ledger.keep()


def _grouped(waiting: list[tuple[str, str]], size: int) -> deque[Question]:
    """Numbers in questions of at most `size`, of one carrier each; the first of them decides whose turn it is."""
    made: list[tuple[str, list[str]]] = []
    open_: dict[str, list[str]] = {}
    for carrier, number in waiting:
        if len(open_.get(carrier, [number] * size)) >= size:
            open_[carrier] = []
            made.append((carrier, open_[carrier]))
        open_[carrier].append(number)
    return deque(Question(carrier, tuple(numbers)) for carrier, numbers in made)


def _asked(question: Question, pull: Pull) -> str:
    """What is put beside an answer as `asked`: the number, or a list where several go into a question."""
    is_one = int(pull.settings["each"].get("at_once", 1)) == 1
    return json.dumps(question.numbers[0] if is_one else list(question.numbers))


def _warnings(outcomes: dict[tuple[str, str], str], open_: int) -> Iterator[str]:
    """How many numbers came to nothing, and a few of them with what was said."""
    if open_ > len(outcomes):
        left = f"{open_ - len(outcomes):,} of {open_:,} open waybills"
        yield f"{left} were not reached in time: they come first next time"
    ill = {number: said for (_, number), said in outcomes.items() if said != ANSWERED}
    if ill:
        told = "; ".join(f"{number}: {said}" for number, said in list(ill.items())[:TOLD])
        more = "; …" if len(ill) > TOLD else ""
        yield f"{len(ill):,} of {len(outcomes):,} waybills asked for came to nothing: {told}{more}"


def _all_refused(outcomes: dict[tuple[str, str], str]) -> str:
    """Where no number at all is answered, it is not the numbers."""
    unheard = [said for said in outcomes.values() if said not in (ANSWERED, UNKNOWN)]
    if unheard and len(unheard) == len(outcomes) and len(unheard) > 1:
        return f"all {len(unheard):,} waybills asked for were refused: {unheard[0]}"
    return ""
