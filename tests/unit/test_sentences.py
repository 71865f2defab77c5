"""What the warehouse says is said in English and Chinese: the table of sentences, and the rules of the marts."""

import re
from string import Formatter

import duckdb
import pytest

from dagster_project.lib.rules import mart_rules
from dagster_project.sentences import Sentence, join, listed, say, say_in_sql, words
from dagster_project.settings import REPOSITORY

HAN = re.compile("[\u4e00-\u9fff]")
SIGNS = {"next", "listed", "value", "hint_closest", "seen_named"}  # mostly signs, no words of their own
ASKED = re.compile(r"\b(?:say|say_in_sql|join)\(\s*f?\"([a-z0-9_{}.]+)\"|\bwords\(\)\[\"(\w+)\"\]")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("key", sorted(words()))
def test_a_sentence_stands_in_both_languages_and_fills_in_the_same(key: str) -> None:
    en, zh = words()[key]
    assert not HAN.search(en)
    assert key in SIGNS or HAN.search(zh), "no Chinese"
    assert fields(en) == fields(zh)
    assert not re.search(r"[\u4e00-\u9fff][,;:()]|[,;:(][\u4e00-\u9fff]", zh), "half-width signs"


def test_every_sentence_that_is_asked_for_exists_and_none_is_left_over() -> None:
    asked: set[str] = set()
    for file in (REPOSITORY / "dagster_project").rglob("*.py"):
        found = ASKED.findall(file.read_text(encoding="utf-8"))
        asked |= {first or second for first, second in found}
    known = set(words())
    plain = {key for key in asked if "{" not in key}
    assert plain <= known
    patterns = [re.sub(r"\{.*?\}", r"\\w+", key) for key in asked - plain]
    named = {key for key in known if any(re.fullmatch(pattern, key) for pattern in patterns)}
    # chosen by a condition beside the call
    chosen = {"line", "row", "no_line_end", "empty"}
    chosen |= {"below", "above", "below_day", "above_day"}
    chosen |= {"no_list", "no_object", "no_value"}
    assert known == plain | named | chosen


def test_every_rule_of_the_marts_says_itself_in_chinese() -> None:
    for rule in mart_rules():
        assert HAN.search(rule.says.zh) and not HAN.search(rule.says), rule.identity
        assert not re.search(r"[\u4e00-\u9fff][,;:()]", rule.says.zh), rule.identity


def test_a_sentence_within_a_sentence_is_said_in_the_same_language() -> None:
    said = say("copy_kept", reason=say("empty"))
    assert said == "the file is empty (the rows of the copy that was landed before are kept)"
    assert said.zh == "文件是空的（保留此前已装载的那一份的行）"
    hints = join("next", [Sentence("a", "甲"), Sentence("b", "乙")])
    assert (hints, hints.zh, listed(["x", "y"]).zh) == ("a; b", "甲；乙", "x、y")


def test_sql_says_the_same_as_the_text_whatever_the_value_holds() -> None:
    value = "it's ¦ “{odd}”"
    said = say_in_sql("column", name="$1", what=say_in_sql("below", value="$1", limit="'3'"))
    wanted = say("column", name=value, what=say("below", value=value, limit="3"))
    (told,) = duckdb.execute(f"SELECT {said}, {said.zh}", [value]).fetchall()
    assert told == (wanted, wanted.zh)
    assert duckdb.execute(f"SELECT {say_in_sql('missing')} || NULL").fetchall() == [(None,)]
