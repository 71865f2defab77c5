"""What a round is told of the connections, and what it says of itself."""

from dataclasses import dataclass

from dagster_project.connectors.fetch import State
from dagster_project.sources.connections import Connection


@dataclass(frozen=True)
class Asked:
    """A connection and what is known of it. `has_ended`: it answered, or failed, since the last round; `waiting`: for
    how many seconds an answer has been outstanding."""

    connection: Connection
    state: State
    has_ended: bool
    waiting: float | None


@dataclass(frozen=True)
class Made:
    """What a round came to. `oldest`: age of its oldest figure when it was published; None: no figure."""

    number: int
    seconds: float
    answered: int
    connections: int
    oldest: float | None
    said: tuple[str, ...] = ()

    def __str__(self) -> str:
        oldest = "no figure yet" if self.oldest is None else f"oldest figure {self.oldest:.1f} s"
        return (
            f"round {self.number}: {self.seconds:.1f} s, {self.answered} of {self.connections} sources answered,"
            f" {oldest}"
        )
