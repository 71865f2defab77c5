"""One profile read twice: for the nights, and for the small refresh between them.

Belongs here: what each of the two gets to see, and what a profile may not mix.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from .contracts import TableContract
from .entities import EVENTS, STOCK
from .mapping import Feed
from .marked_yaml import Mistake

if TYPE_CHECKING:
    from .profile import Profile


def nightly(whole: "Profile") -> "Profile":
    """A profile without what is for the small refresh alone."""
    live = {(contract.source, contract.name) for contract in whole.contracts if contract.is_live}
    if not live:
        return whole
    connections = (
        replace(one, pulls=tuple(pull for pull in one.pulls if (one.source, pull.table) not in live))
        for one in whole.connections
    )
    return replace(
        whole,
        contracts=tuple(contract for contract in whole.contracts if not contract.is_live),
        connections=tuple(one for one in connections if one.pulls),
        feeds={
            entity: tuple(feed for feed in feeds if not live & set(feed.tables))
            for entity, feeds in whole.feeds.items()
            if entity != STOCK
        },
    )


def refreshed(whole: "Profile") -> "Profile | None":
    """What the small refresh knows of a profile: tables with a rhythm, their connections, stock and events of them."""
    connections = tuple(
        replace(one, pulls=tuple(pull for pull in one.pulls if pull.refresh)) for one in whole.connections
    )
    connections = tuple(one for one in connections if one.pulls)
    tables = {(one.source, pull.table) for one in connections for pull in one.pulls}
    if not tables:
        return None
    return replace(
        whole,
        contracts=tuple(one for one in whole.contracts if (one.source, one.name) in tables),
        connections=connections,
        feeds={
            entity: tuple(feed for feed in whole.feeds.get(entity, ()) if tables.issuperset(feed.tables))
            for entity in (STOCK, EVENTS)
        },
    )


def check(feeds: dict[str, tuple[Feed, ...]], contracts: list[TableContract], found: list[Mistake]) -> None:
    """Stock comes from tables of the small refresh; what a night maps does not, but for events."""
    live = {(contract.source, contract.name) for contract in contracts if contract.is_live}
    for entity, feed in ((entity, feed) for entity, given in feeds.items() for feed in given):
        wrong = [".".join(table) for table in feed.tables if (table in live) != (entity == STOCK)]
        if (entity == EVENTS and set(feed.tables) <= live) or not wrong:
            continue
        what, remedy = f"{wrong[0]} is for the small refresh by its contract", "Remove `live: true` there"
        if entity == STOCK:
            what, remedy = f"{wrong[0]} gives stock and is a night's", "Add `live: true` to its contract"
        found.append(Mistake(feed.file, feed.line, what, remedy))
