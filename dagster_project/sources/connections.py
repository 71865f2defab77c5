"""Connections: where a profile's source tables are fetched from, if not delivered as files.

Belongs here: connections/<name>.yml as data, checked. Fetching is the business of dagster_project/connectors.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .connection_checks import (
    SECRETS,
    VARIABLE,
    check_each,
    check_paging,
    check_receiving,
    check_secrets,
    check_service,
    check_since,
)
from .contracts import TableContract
from .lengths import length
from .marked_yaml import Mapping, Mistakes

# by kind: what its connections say, and what each of their tables says
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "files": (("folder",), ("pattern",)),
    "sql": (("engine", "connect"), ("from", "cursor", "look_back", "full")),
    "rest": (
        ("base_url", "auth", "headers", "rate"),
        ("path", "method", "send", "parameters", "records", "success", "pages", "since", "each"),
    ),
    "push": (("check", "answer", "limit"), ("field", "document")),
}
ENGINES = ("postgres", "mysql", "sqlite")
REFRESHED = ("sql", "rest")  # kinds whose tables may have a rhythm of their own
WHERE = ("base_url", "token_url", "folder")  # settings that may be told
PASSWORD = re.compile(
    r"(?<=://)[^/@\s]+(?=@)|(?<=password=)\S+"
)  # in an address, and in what a database is reached by
LEAST_REFRESH = timedelta(seconds=5)
_HEAD = ("source", "kind", "description", "every", "deadline", "instances", "tables")


@dataclass(frozen=True)
class Pull:
    """One table as a connection fetches it; `settings` are those of its kind. `refresh`: the rhythm in which the small
    refresh fetches it, None if it does not. `brings_all`: also rows that were there last time; `first`: from when on
    the first fetch asks; both are said by who fetches."""

    table: str
    settings: dict[str, Any]
    refresh: timedelta | None = None
    brings_all: bool = False
    first: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether a fetch brings all rows there are, so that one that is missing is gone."""
        return "since" not in self.settings and "cursor" not in self.settings


@dataclass(frozen=True)
class Connection:
    """One place that is asked for rows of a source; several may feed the same tables.

    `settings` are those of its kind, with `${VARIABLES}` as they stand in the file: their values are read when
    it is fetched. `every`: how often new rows are to be expected. `deadline`: how long a fetch may take.
    """

    name: str
    source: str
    kind: str
    settings: dict[str, Any]
    pulls: tuple[Pull, ...]
    every: timedelta
    deadline: timedelta
    file: str
    line: int

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the environment variables that it needs."""
        return tuple(
            sorted(set(_variables(self.settings)) | {v for p in self.pulls for v in _variables(p.settings)})
        )


def read_connections(
    name: str, document: Any, contracts: list[TableContract], mistakes: Mistakes
) -> Iterator[Connection]:
    """The connections of one file: one, or one for each of its `instances`, which say what differs."""
    if not isinstance(document, Mapping):
        mistakes.add(1, "the file holds no mapping", "Start it with `source:`, `kind:` and `tables:`")
        return
    kind = mistakes.one_of(document, "kind", KINDS, "sql")
    of_kind, _ = KINDS[kind]
    mistakes.keys(document, "a connection", [*_HEAD, *of_kind], ["kind", "tables"])
    instances = mistakes.mapping(document, "instances")
    if not instances:
        yield _connection(name, document, document, kind, contracts, mistakes)
    for instance, settings in instances.items():
        if not isinstance(settings, Mapping):
            mistakes.add(
                instances.line_of(instance), f"instance {instance} is no mapping", "Write what differs"
            )
            continue
        mistakes.keys(settings, f"instance {instance}", ["every", "deadline", *of_kind])
        yield _connection(instance, document, settings, kind, contracts, mistakes)


def _connection(
    name: str, document: Mapping, own: Mapping, kind: str, contracts: list[TableContract], mistakes: Mistakes
) -> Connection:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        what = f"the name of connection {name!r} is not made of small letters, digits and _"
        mistakes.add(own.line, what, "Write as in front_1")
    settings = Mapping(own.line)
    for given in (document, own):
        for key in KINDS[kind][0]:
            if key in given:
                settings[key], settings.lines[key] = given[key], given.line_of(key)
    check_secrets(settings, mistakes)
    if kind == "rest":
        check_service(settings, mistakes)
    if kind == "push":
        check_receiving(settings, mistakes)
    if kind == "sql":
        mistakes.one_of(settings, "engine", ENGINES, "postgres")
        mistakes.keys(settings, f"connection {name}", settings, ["engine", "connect"])
    source = str(document.get("source", name))
    known = {contract.name: contract for contract in contracts if contract.source == source}
    if not known:
        sources = sorted({contract.source for contract in contracts})
        mistakes.unknown(document.line_of("source"), "source", source, sources)
    pulls = []
    tables = mistakes.mapping(document, "tables")
    for table, pull in tables.items():
        line = tables.line_of(table)
        if known and table not in known:
            mistakes.unknown(line, f"table of source {source}", table, known)
        elif known and known[table].format == "xlsx" and kind != "files":
            what = f"table {source}.{table} is a workbook by its contract, which no connection can write"
            mistakes.add(line, what, "Set `format: csv` in its contract")
        elif known and known[table].is_nested and kind == "sql":
            what = f"table {source}.{table} is found within documents by its contract, which no database has"
            mistakes.add(line, what, "Set `format: csv` in its contract")
        elif known and kind == "push" and known[table].format not in ("json", "jsonl"):
            what = f"table {source}.{table} is {known[table].format} by its contract, but JSON is pushed"
            mistakes.add(line, what, "Set `format: json` or `jsonl` in its contract")
        if not isinstance(pull, Mapping):
            mistakes.add(line, f"table {table} is no mapping", "Write how it is fetched, or {}")
            continue
        own_keys = [*KINDS[kind][1], *(["refresh"] if kind in REFRESHED else [])]
        mistakes.keys(pull, f"table {table} of a connection of kind {kind}", own_keys)
        if kind == "rest":
            check_paging(pull, table, mistakes)
            if table in known:
                check_since(pull, known[table], mistakes)
            if "each" in pull:
                check_each(pull, table, mistakes)
        if kind == "sql" and ("cursor" in pull) == (pull.get("full") is True):
            mistakes.add(
                line, f"table {table} has neither a cursor nor `full: true`, or both", "Write one of them"
            )
        if kind == "sql" and not str(pull.get("look_back", "0")).isdecimal():  # a number's is a number
            length(pull, "look_back", "1h", mistakes)
        pulls.append(Pull(table, pull, _refresh(pull, mistakes)))
        if known and table in known and known[table].is_live and "refresh" not in pull:
            what = f"table {source}.{table} is for the small refresh by its contract, which does not fetch it"
            mistakes.add(line, what, "Write how often, as in refresh: 10s")
    return Connection(
        name=name,
        source=source,
        kind=kind,
        settings=settings,
        pulls=tuple(pulls),
        every=length(own if "every" in own else document, "every", "1d", mistakes),
        deadline=length(own if "deadline" in own else document, "deadline", "30m", mistakes),
        file=mistakes.file,
        line=own.line,
    )


def _refresh(pull: Mapping, mistakes: Mistakes) -> timedelta | None:
    if "refresh" not in pull:
        return None
    told = length(pull, "refresh", "10s", mistakes)
    if told < LEAST_REFRESH:
        what = f"refresh {pull['refresh']} is less than {LEAST_REFRESH.total_seconds():g}s"
        mistakes.add(pull.line_of("refresh"), what, "Write as in 10s: a fetch takes about a second")
    return told


def filled(value: Any, environment: dict[str, str]) -> Any:
    """Settings with the values of their variables.

    Raises:
        KeyError: a variable is not set.
    """
    if isinstance(value, dict):
        return {key: filled(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, environment) for item in value]
    return VARIABLE.sub(lambda match: environment[match[1]], value) if isinstance(value, str) else value


def secrets_of(value: Any, environment: dict[str, str], key: str = "") -> Iterator[str]:
    """The values that no message may quote, of settings as they stand in the file: what comes from the environment, but
    for where a place is; of an address a password within.
    """
    if isinstance(value, dict):
        for name, item in value.items():
            yield from secrets_of(item, environment, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from secrets_of(item, environment, key)
    elif isinstance(value, str):
        told = filled(value, environment)
        yield from PASSWORD.findall(told)
        if key not in WHERE:
            yield from (environment[name] for name in VARIABLE.findall(value))
        if key in SECRETS:
            yield told


def _variables(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _variables(item)
    elif isinstance(value, list):
        for item in value:
            yield from _variables(item)
    elif isinstance(value, str):
        yield from VARIABLE.findall(value)
