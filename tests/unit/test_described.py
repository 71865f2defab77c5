"""Every published table and column says what it holds, in English and in Chinese, in one text: `English ¦ 中文`."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dagster_project.lib import publish, warehouse
from dagster_project.settings import REPOSITORY
from dagster_project.sources import tables

DBT = REPOSITORY / "dbt"
MADE_BY_DBT = (DBT / "models" / "marts" / "_marts.yml", DBT / "models" / "meta" / "_meta.yml")
PUBLISHED_BOOKS = ("loads", "files", "quarantine")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def models() -> list[dict[str, Any]]:
    return [model for file in MADE_BY_DBT for model in read(file)["models"]]


def is_in_both(text: str) -> bool:
    english, mark, chinese = text.partition(" ¦ ")
    return bool(mark and english.strip() and CHINESE.search(chinese)) and not CHINESE.search(english)


@pytest.mark.parametrize("model", models(), ids=lambda model: model["name"])
def test_a_mart_and_its_columns_are_described_in_both_languages(model: dict[str, Any]) -> None:
    assert is_in_both(model["description"]), model["description"]
    assert not [column["name"] for column in model["columns"] if not is_in_both(column["description"])]


def test_every_mart_has_a_description() -> None:
    files = {file.stem for folder in ("marts", "meta") for file in (DBT / "models" / folder).glob("*.sql")}
    assert files == {model["name"] for model in models()}


def columns_of(statement: str) -> list[str]:
    """Names of the columns of `(name TYPE, ...)`."""
    inside = statement[statement.index("(") + 1 : statement.rindex(")")] if "(" in statement else statement
    return [part.split()[0].strip('"') for part in inside.split(",")]


def test_the_tables_that_dbt_does_not_make_are_described_in_both_languages_too() -> None:
    said = read(publish.COMMENTS)
    created = {name: columns_of(columns) for name, columns in warehouse.META_TABLES.items()}
    for statement in tables._TABLES:
        name = re.search(r"meta\.(\w+)", statement)
        if name and name[1] in PUBLISHED_BOOKS:
            created[name[1]] = columns_of(statement)
    assert set(said["tables"]) == set(created) == {*publish.META, "quarantine", "published_rates"}
    for table, columns in created.items():
        known = {**said["shared"], **said["tables"][table]["columns"]}
        assert is_in_both(said["tables"][table]["about"]), table
        assert not [column for column in columns if not is_in_both(known.get(column, ""))], table


def test_figures_and_parameters_are_defined_in_both_languages() -> None:
    with (DBT / "seeds" / "metric_catalogue_seed.csv").open(encoding="utf-8") as seed:
        for row in csv.DictReader(seed):
            assert row["definition"] and not CHINESE.search(row["definition"]), row["name"]
            assert CHINESE.search(row["definition_zh"]), row["name"]
    with (DBT / "seeds" / "parameters.csv").open(encoding="utf-8") as seed:
        assert not [row["name"] for row in csv.DictReader(seed) if not is_in_both(row["meaning"])]
