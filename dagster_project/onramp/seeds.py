"""What the on-ramp knows of names and words: the CSV files beside it."""

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PERSONAL = "personal"
_BRACKETS = re.compile(r"[(\[【{<].*?[)\]】}>]")


@dataclass(frozen=True)
class Target:
    """A column of ours that a column of a workbook can be; `kind` is what its values must look like."""

    name: str
    kind: str
    title: str

    @property
    def column(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_event(self) -> bool:
        return self.name.startswith("events.")


@cache
def targets() -> dict[str, Target]:
    return {row["target"]: Target(row["target"], row["kind"], row["title"]) for row in _rows("targets")}


@cache
def synonyms() -> dict[str, tuple[str, float]]:
    """By plain name: the target, and how sure the name alone makes it."""
    return {plain(row["name"]): (row["target"], float(row["sureness"])) for row in _rows("synonyms")}


@cache
def words(means: str) -> tuple[str, ...]:
    """The words in small letters that mean one thing: total, nothing, cancelled, …"""
    return tuple(row["word"] for row in _rows("words") if row["means"] == means)


@cache
def states() -> dict[str, str]:
    """States of an order or delivery that end it, by their word."""
    return {row["word"]: row["means"] for row in _rows("words") if row["means"] not in ("total", "nothing")}


@dataclass(frozen=True)
class Figure:
    """A figure with the columns it needs: one of each group; `without` says what stands in where they are missing."""

    name: str
    needs: tuple[tuple[str, ...], ...]
    without: str


@cache
def figures() -> tuple[Figure, ...]:
    return tuple(
        Figure(
            row["figure"], tuple(tuple(need.split("|")) for need in row["needs"].split(";")), row["without"]
        )
        for row in _rows("figures")
    )


def names_of(target: str) -> list[str]:
    """A Chinese and an English name of a target, as a person may put into a header."""
    names = [row["name"] for row in _rows("synonyms") if row["target"] == target]
    return [
        *[name for name in names if not name.isascii()][:1],
        *[name for name in names if name.isascii()][:1],
    ]


def plain(name: str) -> str:
    """A name without what people add to it: width, case, blanks, marks, remarks in brackets."""
    wide = unicodedata.normalize("NFKC", name).lower()
    return re.sub(r"[\W_]", "", _BRACKETS.sub("", wide)) or re.sub(r"[\W_]", "", wide)


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
