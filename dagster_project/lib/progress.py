"""Calm lines on the terminal: what is being done, and how long it took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]

STARTED = time.monotonic()


def say_line(text: str) -> None:
    """One line, with the seconds since the process began in front."""
    sys.stdout.write(f"{time.monotonic() - STARTED:6.1f}s  {text}\n")
    sys.stdout.flush()


class Took:
    """A duration that prints itself."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.ended: float | None = None

    def __str__(self) -> str:
        return f"{(self.ended or time.monotonic()) - self.started:.1f} s"


@contextmanager
def seconds() -> Iterator[Took]:
    """Measure a block; the value prints as '1.2 s'."""
    took = Took()
    try:
        yield took
    finally:
        took.ended = time.monotonic()
