"""What the warehouse says of rows, files and checks, in English and Chinese; the words are in sentences.yml.

Belongs here: putting a sentence together, as a text or as SQL. Not here: the words of the pages (dashboards/ui/texts).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Self

import yaml

WORDS = Path(__file__).with_name("sentences.yml")


class Sentence(str):
    """A sentence in English, for everybody who takes it for a text, that knows itself in Chinese: `zh`."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        said = super().__new__(cls, en)
        said.zh = zh
        return said

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (str(self), self.zh)


def say(key: str, /, **values: object) -> Sentence:
    """The sentence of a key with its `{names}` filled in; a value that is a sentence is said in the same language.

    Raises:
        KeyError: no such sentence, or a value is missing.
    """
    en, zh = words()[key]
    in_chinese = {name: value.zh if isinstance(value, Sentence) else value for name, value in values.items()}
    return Sentence(en.format(**values), zh.format(**in_chinese))


def say_in_sql(key: str, /, **expressions: str) -> Sentence:
    """The same as an SQL text: the values are SQL expressions; where one is null, so is the sentence."""
    en, zh = words()[key]
    in_chinese = {
        name: value.zh if isinstance(value, Sentence) else value for name, value in expressions.items()
    }
    return Sentence(_sql(en, expressions), _sql(zh, in_chinese))


def join(key: str, said: Sequence[Sentence]) -> Sentence:
    """Sentences one after the other, with the words of a key between them."""
    en, zh = words()[key]
    return Sentence(en.join(said), zh.join(each.zh for each in said))


def listed(names: Iterable[str]) -> Sentence:
    """Names as each language lists them."""
    return join("listed", [Sentence(name, name) for name in names])


@cache
def words() -> dict[str, tuple[str, str]]:
    """English and Chinese by key."""
    read = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {key: (said["en"], said["zh"]) for key, said in read.items()}


def _sql(template: str, expressions: dict[str, str]) -> str:
    parts = []
    for literal, name, _, _ in Formatter().parse(template):
        if literal:
            parts.append("'" + literal.replace("'", "''") + "'")
        if name:
            parts.append(f"({expressions[name]})")
    return " || ".join(parts)
