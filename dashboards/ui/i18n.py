"""Every word on the pages, by key, in English and Chinese: ui/texts/<language>/, a file a page and what pages share.

Names of places come with the data.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import streamlit as st
import yaml

LANGUAGES = {"en": "English", "zh": "中文"}
CHOICE = re.compile(r"\[([^][|]*)\|([^][|]*)\]")
NUMBER = re.compile(r"\d[\d,.]*(?<![,.])")
TEXTS = Path(__file__).parent / "texts"
_spoken: ContextVar[str] = ContextVar("spoken", default="")


@cache
def texts(language: str) -> dict[str, str]:
    """All texts of a language by key."""
    files = sorted((TEXTS / language).glob("*.yml"))
    return {key: text for file in files for key, text in read(file).items()}


def read(file: Path) -> dict[str, str]:
    """The texts of one file by key."""
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def language() -> str:
    """The page's language: the address's `lang`, else what the browser prefers, else English."""
    if spoken := _spoken.get():
        return spoken
    asked = st.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """In this language whatever the address says: what is made after the page was drawn knows of no address."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def t(key: str, **values: object) -> str:
    """The text of a key in the page's language, with its `{names}` filled in; of `[order|orders]` the first stands
    after the number 1 and the second after any other.

    Raises:
        KeyError: no such text; a test walks all keys of both languages.
    """
    text = texts(language())[key]
    return (_numbered(text, values) if "|" in text else text).format(**values)


def _numbered(text: str, values: Mapping[str, object]) -> str:
    """A text with each of its `[one|many]` chosen by the number before it."""

    def chosen(choice: re.Match[str]) -> str:
        numbers = NUMBER.findall(text[: choice.start()].format(**values))
        return choice[1] if numbers and numbers[-1] == "1" else choice[2]

    return CHOICE.sub(chosen, text)


def has_text(key: str) -> bool:
    """Whether the texts know a key; for names of stages, which a profile can add to."""
    return key in texts(language())
