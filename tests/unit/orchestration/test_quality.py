"""Great Expectations on DuckDB, through the patch that makes it see rows at all."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dagster_project.lib import quality, warehouse
from dagster_project.lib.rules import Rule
from dagster_project.settings import Settings


@pytest.fixture
def build(home: Settings) -> Iterator[Settings]:
    """A build file with 1,000 rows: `id` unique, `twice` in pairs, 17 without `given`."""
    with warehouse.connect(home) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.t as select range as id, range // 2 as twice,"
            " case when range >= 17 then 'x' end as given, range % 10 as digit from range(1000)"
        )
    yield home


def rule(kind: str, name: str = "rule", severity: str = "block", **more: object) -> Rule:
    return Rule("marts", "t", name, kind, severity, "As it must be.", **more)  # type: ignore[arg-type]


RULES = [
    (rule("rows", broken="given is null"), False, "17 rows"),
    (rule("unique", columns=("id",)), True, "0 rows"),
    (rule("unique", columns=("twice",)), False, "1000 rows"),
    (rule("unique", columns=("twice", "digit")), True, "0 rows"),
    (rule("unique", columns=("digit", "given")), False, "983 rows"),
    (rule("rows", broken="digit > 9"), True, "0 rows"),
    (rule("rows", broken="digit = (select max(digit) from marts.t where id <> this.id)"), False, "100 rows"),
]


def test_rows_are_counted_as_they_are(build: Settings) -> None:
    """The guard of the patch: without it every metric fails, and nothing here would be counted."""
    rules = [replace(given, name=f"rule_{number}") for number, (given, _, _) in enumerate(RULES)]
    results = quality.evaluate(build, rules, "marts")
    assert [(result.passed, result.observed) for result in results] == [(ok, seen) for _, ok, seen in RULES]


def test_rule_that_cannot_be_evaluated_blocks(build: Settings) -> None:
    (result,) = quality.evaluate(build, [rule("rows", severity="warn", broken="no_such_column > 1")], "marts")
    assert not result.passed
    assert result.severity == "block"
    assert "no_such_column" in result.observed


def test_table_that_is_missing_blocks(build: Settings) -> None:
    missing = Rule("marts", "absent", "given", "rows", "warn", "It is there.", broken="id is null")
    (result,) = quality.evaluate(build, [missing], "marts")
    assert (result.passed, result.severity) == (False, "block")


def test_build_file_can_be_written_again_after_the_checks(build: Settings) -> None:
    quality.evaluate(build, [rule("unique", columns=("id",))], "marts")
    with warehouse.connect(build) as connection:
        connection.execute("insert into marts.t (id) values (1)")


def test_data_docs_are_written(build: Settings) -> None:
    quality.evaluate(build, [rule("unique", columns=("id",))], "marts")
    assert (build.quality_docs / "marts" / "index.html").is_file()


def test_verdicts_are_kept_with_their_run(build: Settings) -> None:
    run = warehouse.Run(7, "seven", None, None, None, True, False, "")
    results = quality.evaluate(build, [rule("rows", broken="given is null")], "marts")
    with warehouse.connect(build) as connection:
        quality.record(connection, run, "marts", results)
        kept = connection.execute(
            "select run_number, layer, expectation, table_name, column_name, severity, observed, passed"
            " from meta.quality"
        ).fetchall()
    assert kept == [(7, "marts", "rule", "marts.t", None, "block", "17 rows", False)]


def test_broken_rows_are_named(build: Settings) -> None:
    broken = rule("rows", broken="id in (5, 12)", names=("id", "digit"))
    (result,) = quality.evaluate(build, [broken], "marts")
    assert result.observed == "2 rows: 5.5, 12.2"
