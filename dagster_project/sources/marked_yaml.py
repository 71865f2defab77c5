"""YAML that remembers its lines, and the list of mistakes found in a profile.

Belongs here: reading YAML so that a mistake can name its line. What a key means is the business of
contracts, mapping and profile.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class Mapping(dict[str, Any]):
    """A YAML mapping; `line` is where it starts, `lines[key]` where a key stands (1 = first line)."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class Sequence(list[Any]):
    """A YAML list; `lines[i]` is where item i starts."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong in a profile: where, what, and what to do about it."""

    file: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}. {self.remedy}"


class ProfileError(ValueError):
    """A profile that cannot be used; `mistakes` holds every one found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))

    def told(self, profile: str) -> list[str]:
        """Lines for a terminal: how many mistakes the profile has, and each with its place and remedy."""
        count = "1 mistake" if len(self.mistakes) == 1 else f"{len(self.mistakes)} mistakes"
        return [f"{count} in the profile {profile}:", *(f"  {mistake}" for mistake in self.mistakes)]


@dataclass
class Mistakes:
    """Collects the mistakes of one file."""

    file: str
    found: list[Mistake] = field(default_factory=list)

    def add(self, line: int, what: str, remedy: str) -> None:
        self.found.append(Mistake(self.file, line, what, remedy))

    def unknown(self, line: int, kind: str, name: object, known: Iterable[str]) -> None:
        """A name that is not among the known ones, with the closest suggested."""
        self.add(line, f"unknown {kind} {name!r}", suggestion(str(name), known))

    def keys(self, mapping: Mapping, kind: str, known: Iterable[str], required: Iterable[str] = ()) -> None:
        """Checks the keys of a mapping against those that exist."""
        known = list(known)
        for key in mapping:
            if key not in known:
                self.unknown(mapping.line_of(key), f"setting of {kind}", key, known)
        for key in required:
            if key not in mapping:
                self.add(mapping.line, f"{kind} has no {key!r}", f"Add a line `{key}: …`")

    def one_of(self, mapping: Mapping, key: str, known: Iterable[str], default: str) -> str:
        """The value of a key that takes one of a few words."""
        value = mapping.get(key, default)
        if value not in list(known):
            self.unknown(mapping.line_of(key), f"value of {key}", value, known)
            return default
        return str(value)

    def mapping(self, parent: Mapping, key: str) -> Mapping:
        """The mapping under a key; an empty one, and a mistake, if it is something else."""
        value = parent.get(key)
        if not isinstance(value, Mapping):
            if key in parent:
                self.add(parent.line_of(key), f"{key!r} is no mapping", "Indent `name: value` lines below it")
            return Mapping(parent.line_of(key))
        return value


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a mistaken one is close to."""
    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)), None)


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known name, or all of them when none is close."""
    known = sorted(known)
    if close := closest(name, known):
        return f"Did you mean {close!r}?"
    shown = ", ".join(known[:40]) + (", …" if len(known) > 40 else "")
    return f"Known are: {shown}" if known else "None is defined here"


class _Loader(yaml.SafeLoader):
    """Scalars stay text but for true, false and null: a code 0012, a state NO or a date is never
    rewritten."""

    def __init__(self, text: str, mistakes: Mistakes) -> None:
        super().__init__(text)
        self.mistakes = mistakes

    def located_mapping(self, node: yaml.MappingNode) -> Mapping:
        own = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and own.count(key.value) > 1:
                line = key.start_mark.line + 1
                self.mistakes.add(line, f"{key.value!r} stands twice in one mapping", "Keep one of them")
        self.flatten_mapping(node)
        located = Mapping(node.start_mark.line + 1)
        for key, value in node.value:
            name = str(self.construct_object(key, deep=True))
            located[name] = self.construct_object(value, deep=True)
            located.lines[name] = key.start_mark.line + 1
        return located

    def located_sequence(self, node: yaml.SequenceNode) -> Sequence:
        located = Sequence(node.start_mark.line + 1)
        for item in node.value:
            located.append(self.construct_object(item, deep=True))
            located.lines.append(item.start_mark.line + 1)
        return located


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.located_mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _Loader.located_sequence)


def read_yaml(path: Path, mistakes: Mistakes) -> Any:
    """The document in a file, as Mapping, Sequence, text, bool or None; None and a mistake if it cannot be
    read."""
    try:
        return _Loader(path.read_text(encoding="utf-8"), mistakes).get_single_data()
    except UnicodeDecodeError:
        mistakes.add(1, "the file is not UTF-8", "Save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"no valid YAML: {error.problem or error.context}"
        mistakes.add(
            mark.line + 1 if mark else 1,
            what,
            "Check the indentation and quotes of this line and the one above",
        )
    return None
