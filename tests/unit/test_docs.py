"""The documents name what exists: no dead link, no unknown target, no missing word of the profile format."""

import re

import pytest

from dagster_project.settings import REPOSITORY
from dagster_project.sources.contracts import TYPES
from dagster_project.sources.entities import ENTITIES, EVENT_TYPES, SIGN_METHODS
from dagster_project.sources.reference import TABLES
from dashboards import oidc

DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "data/README.md",
    "docs/analysts.md",
    "docs/carriers.md",
    "docs/import.md",
    "docs/byhand.md",
    "docs/serving.md",
    "docs/sources.md",
)


def text(document: str) -> str:
    return (REPOSITORY / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text(document))
    here = (REPOSITORY / document).parent
    assert [link for link in links if not (here / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), flags=re.MULTILINE))
    assert "run" in targets
    assert set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text(document), flags=re.MULTILINE)) <= targets


def test_readme_names_every_target_a_newcomer_needs() -> None:
    for target in (
        "run",
        "dash",
        "dagster",
        "test",
        "test-all",
        "check",
        "profile-check",
        "nights",
        "rebuild",
        "import",
    ):
        assert f"make {target}" in text("README.md"), target


def test_the_profile_reference_names_every_word_of_the_format() -> None:
    reference = text("data/README.md")
    columns = {column for table in TABLES.values() for column in table}
    words = {*ENTITIES, *EVENT_TYPES, *SIGN_METHODS, *TYPES, *TABLES, *columns}
    assert sorted(word for word in words if not re.search(rf"\b{word}\b", reference)) == []


def test_the_folders_that_are_explained_exist() -> None:
    named = r"`((?:dagster_project|dbt|dashboards|tests|data/profiles)/[\w/]*)`"
    folders = {folder for document in DOCUMENTS for folder in re.findall(named, text(document))}
    assert "dagster_project/sources/" in folders
    assert sorted(folder for folder in folders if not (REPOSITORY / folder).is_dir()) == []


def test_serving_names_every_variable_of_the_sign_in() -> None:
    named = set(re.findall(rf"`{oidc.PREFIX}(\w+)`", text("docs/serving.md")))
    assert named == {*oidc.NEEDED, "COOKIE_SECRET"}
