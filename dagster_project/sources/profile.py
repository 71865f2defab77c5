"""A profile: the folder that says what a company's files mean, read and checked as a whole.

Belongs here: profile.yml and putting the parts together. Contracts, mappings and reference tables have
their own modules.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from . import binding, mapping, reference, refreshed
from .connections import Connection, read_connections
from .contracts import TableContract, read_contracts, read_zone
from .entities import ENTITIES
from .mapping import Feed
from .marked_yaml import Mapping, Mistake, Mistakes, ProfileError, read_yaml
from .packs import Pack, clashes, read_pack, used_packs
from .reference import CodeList

__all__ = ["Profile", "ProfileError", "fingerprint", "load_profile"]

_CHOICES = {
    "as_of": ("clock", "last_day"),
    "promise_limit": ("end_of_day", "instant"),
    "sign_rule": ("earliest", "carrier_first", "customer_first"),
    "standards": ("reference", "data"),
}


@dataclass(frozen=True)
class Profile:
    """A checked profile. `feeds` are by entity, `references` the CSV of each reference table it has;
    `days_off` come from reference/holidays.csv; `packs` are those it takes files from. `contracts` of tables that a
    connection fetches take its drops too. `live` is what the small refresh knows of it, None if nothing has a rhythm
    of its own; all else is the night's."""

    directory: Path
    title: dict[str, str]
    timezone: str
    as_of: str
    promise_limit: str
    sign_rule: str
    standards: str
    contracts: tuple[TableContract, ...]
    connections: tuple[Connection, ...]
    feeds: dict[str, tuple[Feed, ...]]
    codes: dict[str, CodeList]
    references: dict[str, Path]
    days_off: frozenset[date]
    packs: tuple[Pack, ...] = ()
    live: "Profile | None" = None

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def tables(self) -> tuple[tuple[str, str], ...]:
        """(source, name) of every source table, in the order of the contract files."""
        return tuple((contract.source, contract.name) for contract in self.contracts)

    def contract(self, source: str, name: str) -> TableContract:
        """The contract of a source table; KeyError if there is none."""
        for contract in self.contracts:
            if (contract.source, contract.name) == (source, name):
                return contract
        raise KeyError(f"{source}.{name}")

    def has(self, entity: str) -> bool:
        """Whether any feed gives rows of an entity."""
        return bool(self.feeds.get(entity))

    def has_column(self, entity: str, column: str) -> bool:
        """Whether any feed fills a column of an entity."""
        return any(feed.expression(column) is not None for feed in self.feeds.get(entity, ()))

    def has_event(self, event_type: str) -> bool:
        """Whether a feed of events can give an event type, as far as its mapping tells."""
        return any(mapping.can_give(feed, event_type, self.codes) for feed in self.feeds.get("events", ()))


def load_profile(directory: Path) -> Profile:
    """Reads and checks a profile folder.

    Raises:
        ProfileError: with every mistake found, each naming file, line and remedy.
    """
    directory = Path(directory).resolve()
    found: list[Mistake] = []

    def mistakes_of(path: Path) -> Mistakes:
        return Mistakes(os.path.relpath(path, directory), found)

    chain = _chain(directory)
    packs = _packs(chain, mistakes_of)
    folders = [*packs, *chain]

    def files(pattern: str) -> list[Path]:
        return _files(folders, pattern)

    head: dict[str, Any] = {"title": {}, "timezone": "Asia/Shanghai"}
    head |= {choice: words[0] for choice, words in _CHOICES.items()}
    for folder in chain:
        head |= _given(folder / "profile.yml", mistakes_of(folder / "profile.yml"))

    codes = {path.stem: reference.check_codes(path, mistakes_of(path)) for path in files("codes/*.csv")}
    references = {
        path.stem: reference.check_reference(path, mistakes_of(path)) for path in files("reference/*.csv")
    }
    if "route_milestones" not in references:
        remedy = "Write it with the columns route, position, milestone"
        found.append(Mistake("reference/route_milestones.csv", 1, "the file is missing", remedy))

    def documents(pattern: str) -> Iterator[tuple[Path, Any, Mistakes]]:
        for path in files(pattern):
            before, mistakes = len(found), mistakes_of(path)
            document = read_yaml(path, mistakes)
            if document is not None or len(found) == before:
                yield path, document, mistakes

    contracts: list[TableContract] = []
    for _, document, mistakes in documents("contracts/*.yml"):
        for contract in read_contracts(document, mistakes, head["timezone"]):
            _check_contract(contract, contracts, codes, mistakes)
            contracts.append(contract)

    connections: list[Connection] = []
    for path, document, mistakes in documents("connections/*.yml"):
        for connection in read_connections(path.stem, document, contracts, mistakes):
            if connection.name in {other.name for other in connections}:
                mistakes.add(connection.line, f"there are two connections {connection.name}", "Rename one")
            connections.append(connection)

    feeds: dict[str, tuple[Feed, ...]] = {}
    for path, document, mistakes in documents("mapping/*.yml"):
        # events.yml and events.sf.yml both feed events
        entity = path.name.split(".")[0]
        if entity not in ENTITIES:
            mistakes.unknown(1, "entity", entity, ENTITIES)
            continue
        read = mapping.read_feeds(entity, document, contracts, codes, mistakes)
        feeds[entity] = feeds.get(entity, ()) + read
    refreshed.check(feeds, contracts, found)
    if not found:
        # Only a profile that reads well can be bound; otherwise one mistake would show twice.
        binding.bind(feeds, contracts, codes, found)
    if found:
        raise ProfileError(found)
    whole = Profile(
        directory=directory,
        title={"en": directory.name, "zh": directory.name} | head["title"],
        timezone=head["timezone"],
        **{choice: head[choice] for choice in _CHOICES},
        contracts=tuple(_with_drops(contract, connections) for contract in contracts),
        connections=tuple(connections),
        feeds=feeds,
        codes=codes,
        references={path.stem: path for path in files("reference/*.csv")},
        days_off=_days_off(references),
        packs=tuple(packs.values()),
    )
    return replace(refreshed.nightly(whole), live=refreshed.refreshed(whole))


def fingerprint(directory: Path) -> str:
    """SHA-256 over the names and bytes of a profile's files: changes when anything in the folder, or in one
    that it extends or uses, does."""
    digest = hashlib.sha256()
    chain = _chain(Path(directory).resolve())
    for folder in [*_packs(chain, lambda path: Mistakes(str(path))), *chain]:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _packs(chain: list[Path], mistakes_of: Callable[[Path], Mistakes]) -> dict[Path, Pack]:
    """The packs that a profile and those it extends use, by folder; any file of theirs gives way to a profile's."""
    packs: dict[Path, Pack] = {}
    for settings in (folder / "profile.yml" for folder in chain):
        document = read_yaml(settings, Mistakes(settings.name))
        for folder in used_packs(settings, document, mistakes_of(settings)):
            if folder not in packs:
                packs[folder] = read_pack(folder, mistakes_of(folder / "pack.yml"))
    for path, other in clashes(packs, chain):
        mistakes_of(path).add(
            1, f"pack {other} has a file of this name, too", "Use one of them, or put your own"
        )
    return packs


def _chain(directory: Path) -> list[Path]:
    """The folders of a profile: those it extends, the furthest first, then its own."""
    folders: list[Path] = []
    name = "profile.yml"
    while True:
        settings = directory / "profile.yml"
        if not settings.is_file():
            raise ProfileError(
                [Mistake(name, 1, f"no profile.yml in {directory.name}/", "Write it, or correct `extends`")]
            )
        if directory in folders:
            raise ProfileError([Mistake(name, 1, "the profile extends itself", "Remove one `extends:`")])
        folders.append(directory)
        name = os.path.relpath(settings, folders[0])
        document = read_yaml(settings, Mistakes(name))
        if not isinstance(document, Mapping) or not document.get("extends"):
            return folders[::-1]
        directory = (directory / str(document["extends"])).resolve()


def _files(folders: list[Path], pattern: str) -> list[Path]:
    """The files of a profile by name; its own stands in for one of the same name that it extends or uses."""
    by_name = {path.name: path for folder in folders for path in sorted(folder.glob(pattern))}
    return [by_name[name] for name in sorted(by_name)]


def _given(path: Path, mistakes: Mistakes) -> dict[str, Any]:
    """The settings that one profile.yml gives, checked; nothing stands in for those it leaves out."""
    document = read_yaml(path, mistakes)
    if not isinstance(document, Mapping):
        mistakes.add(1, "the file holds no mapping", "Start it with `timezone: Asia/Shanghai`")
        return {}
    mistakes.keys(document, "profile.yml", ["title", "timezone", "description", "extends", "uses", *_CHOICES])
    given: dict[str, Any] = {
        choice: mistakes.one_of(document, choice, words, words[0])
        for choice, words in _CHOICES.items()
        if choice in document
    }
    if "timezone" in document:
        given["timezone"] = read_zone(document, "timezone", "Asia/Shanghai", mistakes)
    if "title" in document:
        title = mistakes.mapping(document, "title")
        mistakes.keys(title, "title", ["en", "zh"])
        given["title"] = {key: str(value) for key, value in title.items()}
    return given


def _with_drops(contract: TableContract, connections: list[Connection]) -> TableContract:
    fetched = {(connection.source, pull.table) for connection in connections for pull in connection.pulls}
    if (contract.source, contract.name) not in fetched:
        return contract
    return replace(
        contract, files=(*contract.files, f"{contract.source}/{contract.name}/*/*-*Z.{contract.format}")
    )


def _check_contract(
    contract: TableContract, others: list[TableContract], codes: dict[str, CodeList], mistakes: Mistakes
) -> None:
    for other in others:
        if (other.source, other.name) == (contract.source, contract.name):
            what = f"table {contract.source}.{contract.name} is defined in {other.file}:{other.line} already"
            mistakes.add(contract.line, what, "Keep one of them")
    for column in contract.columns:
        if column.codes and column.codes not in codes:
            mistakes.unknown(column.line, "code list", column.codes, codes)


def _days_off(references: dict[str, reference.Csv]) -> frozenset[date]:
    if "holidays" not in references:
        return frozenset()
    return frozenset(
        date.fromisoformat(row["day"]) for _, row in references["holidays"].rows if row.get("kind") == "off"
    )
