"""Packs: contracts, mappings and code lists that any profile takes by one line, as `uses: [carriers/sf]`.

Belongs here: finding packs and reading what a pack says of itself (pack.yml). Its other files are a profile's own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .columns import texts
from .marked_yaml import Mapping, Mistakes, Sequence, read_yaml

PACKS = Path(__file__).resolve().parents[2] / "data"
_PACK_FILE = "pack.yml"
_FOLDERS = ("contracts", "mapping", "codes", "reference")


@dataclass(frozen=True)
class Document:
    """What a pack's shape was taken from, and what of it was read: the document itself, or code that quotes it."""

    title: str
    address: str
    read: str


@dataclass(frozen=True)
class Pack:
    """A folder to take files from. Without a document that could be read it is not verified."""

    name: str
    directory: Path
    title: dict[str, str]
    shape: str
    documents: tuple[Document, ...]
    is_verified: bool


def pack_names() -> list[str]:
    """Every pack there is, as `uses` names it."""
    return sorted(path.parent.relative_to(PACKS).as_posix() for path in PACKS.glob(f"*/*/{_PACK_FILE}"))


def used_packs(profile_file: Path, document: Any, mistakes: Mistakes) -> list[Path]:
    """The folders that a profile.yml names under `uses`: below data/, or beside the profile where one starts with a
    dot. Those that are none are mistakes."""
    if not isinstance(document, Mapping):
        return []
    folders: list[Path] = []
    for name in texts(document, "uses", mistakes):
        beside = name.startswith(".")
        folder = ((profile_file.parent if beside else PACKS) / name).resolve()
        line = document.line_of("uses")
        if folder in folders:
            mistakes.add(line, f"pack {name!r} stands twice in 'uses'", "Name it once")
        elif beside and not (folder / _PACK_FILE).is_file():
            mistakes.add(line, f"no {_PACK_FILE} in {name}", "Correct the path, or write one there")
        elif not beside and name not in pack_names():
            mistakes.unknown(line, "pack", name, pack_names())
        else:
            folders.append(folder)
    return folders


def clashes(packs: Iterable[Path], chain: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Files that two packs bring under one name, of which only one could be taken; unless the profile has its own."""
    held: dict[str, Path] = {}
    chain = list(chain)
    for pack in packs:
        for path in sorted(path for folder in _FOLDERS for path in pack.glob(f"{folder}/*")):
            name = path.relative_to(pack).as_posix()
            if name in held and not any((own / name).exists() for own in chain):
                yield path, held[name].name
            held.setdefault(name, pack)


def read_pack(directory: Path, mistakes: Mistakes) -> Pack:
    """A pack by its folder; mistakes are collected."""
    document = read_yaml(directory / _PACK_FILE, mistakes)
    if not isinstance(document, Mapping):
        mistakes.add(1, "the file holds no mapping", "Start it with `title: {en: …, zh: …}`")
        document = Mapping(1)
    known = ["title", "shape", "documents", "unverified", "description"]
    mistakes.keys(document, _PACK_FILE, known, ["title", "shape", "documents"])
    unverified = document.get("unverified", False)
    if not isinstance(unverified, bool):
        mistakes.add(
            document.line_of("unverified"), "unverified is neither true nor false", "Write one of them"
        )
    listed = document.get("documents")
    if "documents" in document and not isinstance(listed, Sequence):
        mistakes.add(
            document.line_of("documents"), "documents is no list", "Write `- title: …` lines below it"
        )
    found = []
    for item in listed if isinstance(listed, Sequence) else ():
        if not isinstance(item, Mapping):
            mistakes.add(
                document.line_of("documents"), "a document is no mapping", "Write title, address, read"
            )
            continue
        mistakes.keys(item, "a document", ["title", "address", "read"], ["title", "address", "read"])
        found.append(Document(*(str(item.get(key, "")) for key in ("title", "address", "read"))))
    inside = directory.is_relative_to(PACKS)
    return Pack(
        name=directory.relative_to(PACKS).as_posix() if inside else directory.name,
        directory=directory,
        title={key: str(value) for key, value in mistakes.mapping(document, "title").items()},
        shape=str(document.get("shape", "")),
        documents=tuple(found),
        is_verified=unverified is not True,
    )
