"""Lengths of time and sizes, as connections write them: 15s, 10m, 2h, 1d; 500kB, 1MB."""

import re
from datetime import timedelta

from .marked_yaml import Mapping, Mistakes

_LENGTH = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SIZE = re.compile(r"([1-9]\d*)(kB|MB)")


def length(mapping: Mapping, key: str, default: str, mistakes: Mistakes) -> timedelta:
    """A length of time such as 15s, 10m, 2h, 1d."""
    value = str(mapping.get(key, default))
    if not _LENGTH.fullmatch(value):
        mistakes.add(
            mapping.line_of(key), f"{key} {value!r} is no length of time", "Write as in 15s, 10m, 2h or 1d"
        )
        value = default
    return parsed_length(value)


def parsed_length(text: str) -> timedelta:
    """The timedelta of a text that `length` has passed."""
    match = _LENGTH.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no length of time such as 15s, 10m, 2h or 1d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parsed_size(text: str) -> int:
    """The bytes of a text such as 500kB or 1MB."""
    match = SIZE.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no size such as 500kB or 1MB")
    return int(match[1]) * {"kB": 1_000, "MB": 1_000_000}[match[2]]
