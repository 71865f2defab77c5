"""English and Chinese are both complete, and say the same things."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest
import streamlit as st

from dagster_project.settings import REPOSITORY
from dashboards.published import QUERIES
from dashboards.ui import formats
from dashboards.ui.i18n import CHOICE, LANGUAGES, TEXTS, read, t, texts
from dashboards.ui.navigation import PAGES

SOURCES = sorted((REPOSITORY / "dashboards").rglob("*.py"))
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def keys_in(source: str) -> set[str]:
    return set(re.findall(r"\bt\(\s*\"([a-z0-9_]+)\"", source))


def test_every_language_has_every_key() -> None:
    assert {folder.name for folder in TEXTS.iterdir()} == set(LANGUAGES)
    files = {file.name for file in (TEXTS / "en").iterdir()}
    for language in LANGUAGES:
        assert {file.name for file in (TEXTS / language).iterdir()} == files
        for name in files:
            assert set(read(TEXTS / language / name)) == set(read(TEXTS / "en" / name)), f"{language}/{name}"


def test_no_key_stands_in_two_files() -> None:
    keys = [key for file in (TEXTS / "en").iterdir() for key in read(file)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("key", sorted(texts("en")))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    missing = set(PLACEHOLDER.findall(texts("en")[key])) ^ set(PLACEHOLDER.findall(texts("zh")[key]))
    assert not missing - {"of"}
    assert texts("zh")[key].strip() or key == "gap_between"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_text_that_is_asked_for_exists(source: Path) -> None:
    missing = keys_in(source.read_text(encoding="utf-8")) - set(texts("en"))
    assert not missing


def test_some_texts_are_asked_for() -> None:
    assert len(set().union(*(keys_in(path.read_text(encoding="utf-8")) for path in SOURCES))) > 50


def test_everything_named_by_the_data_or_the_structure_has_a_text() -> None:
    words = (QUERIES / "words.sql").read_text(encoding="utf-8")
    milestones = re.findall(r"\(\d+, '(\w+)', '(?:office|place|carrier)'\)", words)
    assert len(milestones) == 15
    steps = ["erp", "erp_due", "first_suborder", "all_suborders", "valid_signature", "in_full", "wished_day"]
    wanted = {f"milestone_{name}" for name in milestones} | {f"step_{name}" for name in steps}
    wanted |= {f"colour_{name}" for name in ("green", "yellow", "red", "grey")}
    wanted |= {f"group_{group}" for group in PAGES} | {
        f"page_{page}" for pages in PAGES.values() for page in pages
    }
    assert wanted <= set(texts("en"))


def test_no_chinese_in_english_and_no_half_width_comma_in_chinese() -> None:
    assert not [key for key, text in texts("en").items() if re.search(r"[\u4e00-\u9fff]", text)]
    assert not [key for key, text in texts("zh").items() if re.search(r"[\u4e00-\u9fff][,;:()]", text)]


def test_what_can_be_one_says_so_in_english_and_chinese_needs_no_second_word() -> None:
    assert not [key for key, text in texts("zh").items() if CHOICE.search(text)]
    many = re.compile(
        r"\{(?:n|orders|suborders|stuck|files)\}(?:\*\*)? (?:\w+ )?(?:orders|sub-orders|parcels|files)\b"
    )
    assert not [key for key, text in texts("en").items() if many.search(text)]


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ("1", "1 order was signed after its promise"),
        ("0", "0 orders were signed after their promise"),
        ("21", "21 orders were signed after their promise"),
        ("2,001", "2,001 orders were signed after their promise"),
    ],
)
def test_a_number_and_its_word_agree(speak, orders: str, said: str) -> None:
    speak("en")
    assert t("behind_late", orders=orders, shown="1").startswith(f"{said} in this period")


def test_what_a_reader_wrote_is_left_as_it_is(speak) -> None:
    speak("en")
    assert t("act_first", name="[a|b]", orders="1", of="1") == (
        "Start with **[a|b]**: it lost time for 1 of the 1 late order."
    )


def test_what_rounds_to_nothing_in_a_table_has_no_sign() -> None:
    shown = [f"{formats.or_zero(number):+.1f}" for number in (-0.04, 0.04, -0.06, 1.25)]
    assert shown == ["+0.0", "+0.0", "-0.1", "+1.2"]


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch):
    return lambda language: monkeypatch.setattr(st, "query_params", {"lang": language})


def test_numbers_and_dates_by_language(speak) -> None:
    speak("en")
    assert formats.percent(0.8476) == "84.8\u00a0%"
    assert formats.percent(-0.031, signed=True) == "\u22123.1\u00a0%"
    assert formats.percent(None) == "–"
    # what rounds to nothing has no sign, and one that is just enough has
    assert formats.percent(-0.0004, signed=True) == formats.percent(0.0004, signed=True) == "0.0\u00a0%"
    assert formats.percent(-0.0006, signed=True) == "\u22120.1\u00a0%"
    assert formats.share(0.004) == "0.4\u00a0%"
    assert formats.count(12345) == "12,345"
    assert formats.day(date(2026, 2, 8)) == "8 Feb 2026"
    assert formats.month(date(2026, 2, 1)) == "February 2026"
    assert formats.duration(119) == "119 min" and formats.duration(75_000) == "1,250 h"
    speak("zh")
    assert formats.percent(0.8476) == "84.8%"
    assert formats.day(date(2026, 2, 8)) == "2026年2月8日"
    assert formats.moment(datetime(2026, 2, 8, 3, 5)) == "2026年2月8日 03:05"
    assert formats.duration(75_000) == "1,250 小时"
