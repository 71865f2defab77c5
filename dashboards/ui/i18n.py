"""Every word on the pages, by key, in English and Chinese: ui/texts/<language>/, a file a page and what pages share.

Names of places come with the data.
"""

from functools import cache
from pathlib import Path

import streamlit as st
import yaml

LANGUAGES = {"en": "English", "zh": "中文"}
TEXTS = Path(__file__).parent / "texts"


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
    asked = st.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    return "zh" if (st.context.locale or "").lower().startswith("zh") else "en"


def t(key: str, **values: object) -> str:
    """The text of a key in the page's language, with its `{names}` filled in.

    Raises:
        KeyError: no such text; a test walks all keys of both languages.
    """
    return texts(language())[key].format(**values)


def has_text(key: str) -> bool:
    """Whether the texts know a key; for names of stages, which a profile can add to."""
    return key in texts(language())
