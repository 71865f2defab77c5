"""Great Expectations on DuckDB, through the patch that makes it see rows at all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from dagster_project import sources
from dagster_project.lib import quality, runs, warehouse
from dagster_project.lib.rules import Rule, Scope, landing_rules
from dagster_project.sentences import Sentence
from dagster_project.settings import REPOSITORY, Settings

WHOLE = Scope(0, is_whole=True)


@pytest.fixture
def build(home: Settings) -> Iterator[Settings]:
    """A draft with 1,000 rows beside the build file: `id` unique, `twice` in pairs, 17 without `given`, of `sparse`
    six that are alike, one that is not, and nulls.
    """
    with warehouse.connect(home) as connection, warehouse.draft(connection, home):
        connection.execute("create schema draft.marts")
        connection.execute(
            "create table draft.marts.t as select range as id, range // 2 as twice,"
            " case when range >= 17 then 'x' end as given, range % 10 as digit,"
            " case when range < 6 then 1 when range = 6 then 2 end as sparse from range(1000)"
        )
    yield home


def rule(kind: str, name: str = "rule", severity: str = "block", **more: object) -> Rule:
    return Rule("marts", "t", name, kind, severity, Sentence("As it must be.", "应当如此。"), **more)  # type: ignore[arg-type]


RULES = [
    (rule("rows", broken="given is null"), False, "17 rows"),
    (rule("unique", columns=("id",)), True, "0 rows"),
    (rule("unique", columns=("twice",)), False, "1000 rows"),
    (rule("unique", columns=("twice", "digit")), True, "0 rows"),
    (rule("unique", columns=("digit", "given")), False, "983 rows"),
    (rule("unique", columns=("sparse",)), False, "6 rows"),
    (rule("rows", broken="digit > 9"), True, "0 rows"),
    (rule("rows", broken="digit = (select max(digit) from marts.t where id <> this.id)"), False, "100 rows"),
]


def test_rows_are_counted_as_they_are(build: Settings) -> None:
    """The guard of the patch: without it every metric fails, and nothing here would be counted."""
    rules = [replace(given, name=f"rule_{number}") for number, (given, _, _) in enumerate(RULES)]
    results = quality.evaluate(build, rules, "marts", WHOLE)
    assert [(result.passed, result.observed) for result in results] == [(ok, seen) for _, ok, seen in RULES]


def test_each_rule_is_one_query_that_counts(build: Settings) -> None:
    """The library's own expectations ask several times, and fetch rows."""
    asked: list[str] = []

    def keep(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        quality.evaluate(build, [given for given, _, _ in RULES[:3]], "marts", WHOLE)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    counts = [statement for statement in asked if '"marts"."t"' in statement]
    assert len(counts) == 3, asked
    assert all(statement.startswith("SELECT COUNT(*)") for statement in counts)


def test_rule_that_cannot_be_evaluated_blocks(build: Settings) -> None:
    (result,) = quality.evaluate(
        build, [rule("rows", severity="warn", broken="no_such_column > 1")], "marts", WHOLE
    )
    assert not result.passed
    assert result.severity == "block"
    assert "no_such_column" in result.observed


def test_table_that_is_missing_blocks(build: Settings) -> None:
    missing = Rule(
        "marts",
        "absent",
        "given",
        "rows",
        "warn",
        Sentence("It is there.", "应当存在。"),
        broken="id is null",
    )
    (result,) = quality.evaluate(build, [missing], "marts", WHOLE)
    assert (result.passed, result.severity) == (False, "block")


def test_build_file_can_be_written_again_after_the_checks(build: Settings) -> None:
    quality.evaluate(build, [rule("unique", columns=("id",))], "marts", WHOLE)
    with warehouse.connect(build) as connection, warehouse.draft(connection, build):
        connection.execute("create table written as select 1")
        connection.execute("insert into draft.marts.t (id) values (1)")


def test_data_docs_are_written(build: Settings) -> None:
    quality.evaluate(build, [rule("unique", columns=("id",))], "marts", WHOLE)
    assert (build.quality_docs / "marts" / "index.html").is_file()
    (page,) = (build.quality_docs / "marts" / "validations").rglob("*.html")
    assert "As it must be." in page.read_text(encoding="utf-8")


def test_verdicts_are_kept_with_their_run(build: Settings) -> None:
    run = runs.Run(7, "seven", None, None, None, True, False, "")
    results = quality.evaluate(build, [rule("rows", broken="given is null")], "marts", WHOLE)
    with warehouse.connect(build) as connection:
        quality.record(connection, run, "marts", results)
        kept = connection.execute(
            "select run_number, layer, expectation, table_name, column_name, severity, observed, passed,"
            " observed_zh, expected_zh from meta.quality"
        ).fetchall()
    assert kept == [(7, "marts", "rule", "marts.t", None, "block", "17 rows", False, "17 行", "应当如此。")]


def test_broken_rows_are_named(build: Settings) -> None:
    broken = rule("rows", broken="id in (5, 12)", names=("id", "digit"))
    (result,) = quality.evaluate(build, [broken], "marts", WHOLE)
    assert result.observed == "2 rows: 5.5, 12.2"


def test_marts_are_those_of_the_draft(build: Settings) -> None:
    """Also where a build file holds marts of its own, from when there was no draft."""
    with warehouse.connect(build) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.t as select 1 as id, 1 as twice, null as given, 1 as digit")
    (result,) = quality.evaluate(build, [rule("rows", broken="given is null")], "marts", WHOLE)
    assert result.observed == "17 rows"


@pytest.mark.parametrize(("since", "seen"), [(-1, "17 rows"), (10, "6 rows"), (15, "1 row"), (16, "0 rows")])
def test_night_looks_at_its_own_rows_and_finds_the_broken_among_them(
    build: Settings, since: int, seen: str
) -> None:
    night = rule("rows", broken="given is null", night="id > {since}")
    (result,) = quality.evaluate(build, [night], "marts", Scope(since, is_whole=False))
    assert (result.passed, result.observed) == (seen == "0 rows", seen)


def test_rebuild_and_rules_without_a_night_look_at_all_rows(build: Settings) -> None:
    night = rule("rows", broken="given is null", night="id > {since}")
    (whole,) = quality.evaluate(build, [night], "marts", Scope(16, is_whole=True))
    (always,) = quality.evaluate(build, [replace(night, night="")], "marts", Scope(16, is_whole=False))
    assert (whole.observed, always.observed) == ("17 rows", "17 rows")


@pytest.fixture
def landed(home: Settings) -> Settings:
    """Orders landed by three runs: a row without provenance by the second, one that came twice by the third."""
    with warehouse.connect(home) as connection:
        sources.prepare(connection, sources.load_profile(home.profile_dir), home.source_dir)
        connection.execute(
            "insert into landing.plain__orders"
            " (order_id, placed_at, recorded_at, _row_hash, _load_seq, _load_id, _file, _record, _recorded_at)"
            " select name, now(), now(), hash(name), run, load, 'a.csv', run, now() from (values"
            " ('A', 1, 'x'), ('B', 2, null), ('C', 3, 'x'), ('C', 3, 'x')) as given (name, run, load)"
        )
    return home


def test_landed_rows_are_checked_since_the_last_good_night(landed: Settings) -> None:
    profile = sources.load_profile(landed.profile_dir)
    rules = [rule for rule in landing_rules(profile) if rule.table == "plain__orders"]
    names = [rule.name for rule in rules]
    assert {"provenance_given", "lands_once"} <= set(names)
    for since, broken in (
        (0, {"provenance_given": "1 row", "lands_once": "2 rows"}),
        (1, {"provenance_given": "1 row", "lands_once": "2 rows"}),
        (2, {"lands_once": "2 rows"}),
        (3, {}),
    ):
        results = quality.evaluate(landed, rules, "landing", Scope(since, is_whole=False))
        assert {result.expectation: result.observed for result in results if not result.passed} == broken


def test_unchanged_table_has_nothing_new_to_say(build: Settings) -> None:
    """The other tables of the layer are asked as ever, and one that is gone is missed."""
    rules = [
        rule("rows", broken="given is null"),
        Rule(
            "meta",
            "runs",
            "there",
            "rows",
            "warn",
            Sentence("It is there.", "应当存在。"),
            broken="run_number < 0",
        ),
        Rule(
            "marts",
            "absent",
            "there",
            "rows",
            "warn",
            Sentence("It is there.", "应当存在。"),
            broken="id is null",
        ),
    ]
    unchanged = frozenset({("marts", "t"), ("marts", "absent")})
    scope = Scope(0, is_whole=False, unchanged=unchanged)
    results = quality.evaluate(build, rules, "marts", scope)
    assert [(result.passed, result.observed) for result in results] == [
        (True, quality.NOTHING_NEW),
        (True, "0 rows"),
        (False, "could not be evaluated: there is no such table"),
    ]


WITHOUT_NEWS = """
import os, sys, threading
from pathlib import Path
os.environ.pop("GX_ANALYTICS_ENABLED", None)
from dagster_project.lib import expectations, quality, rules
from dagster_project.sentences import Sentence
from tests.homes import settings_for

settings = settings_for(Path(sys.argv[1]), Path(sys.argv[2]))
if sys.argv[3] == "ahead":
    expectations.begin_import()
    expectations.begin_import()
    print(len([thread for thread in threading.enumerate() if "great_expectations" in thread.name]))
says = Sentence("As it must be.", "应当如此。")
asked = [rules.Rule("marts", "t", "rule", "rows", "block", says, broken="given is null")]
scope = rules.Scope(0, is_whole=False, unchanged=frozenset({("marts", "t")} if sys.argv[3] == "quiet" else ()))
results = quality.evaluate(settings, asked, "marts", scope, lambda: print("begun"))
assert os.environ.get("GX_ANALYTICS_ENABLED") == (None if sys.argv[3] == "quiet" else "False")
print([result.observed for result in results], "great_expectations" in sys.modules)
"""


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("quiet", "['nothing new'] False\n"),
        ("loud", "begun\n['17 rows'] True\n"),
        ("ahead", "1\nbegun\n['17 rows'] True\n"),
    ],
)
def test_great_expectations_is_imported_for_news_alone(build: Settings, kind: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NEWS, str(build.profile_dir), str(build.home.parent), kind],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == said, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("status", "layer", "is_passed"),
    [
        ("published", "marts", True),
        ("published", "landing", False),
        ("blocked", "marts", False),
        ("failed", "marts", False),
    ],
)
def test_only_a_run_that_was_checked_and_published_has_passed(
    home: Settings, status: str, layer: str, is_passed: bool
) -> None:
    with warehouse.connect(home) as connection:
        connection.execute(
            "insert into meta.runs (run_number, status) values (6, 'published'), (7, ?)", [status]
        )
        for expectation in ("one", "two"):
            connection.execute(
                "insert into meta.quality (run_number, layer, expectation) values (7, ?, ?)",
                [layer, expectation],
            )
        assert quality.has_passed(connection, 7) == is_passed
        assert not quality.has_passed(connection, 6)
        assert not quality.has_passed(connection, 8)
