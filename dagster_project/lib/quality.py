"""Rules in, verdicts out, in a reader's words, kept in `meta.quality`.

Belongs here: which rules are asked, and the verdict on each. Not here: the rules themselves (rules.py), how Great
Expectations is asked (expectations.py), or what a failed one means for the night (steps.py).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from dagster_project import sources
from dagster_project.lib.expectations import errors_of, verdicts_on
from dagster_project.lib.models import NodeResult
from dagster_project.lib.rules import Rule, Scope, landing_rules, mart_rules
from dagster_project.lib.runs import Run
from dagster_project.lib.warehouse import connect, marts_in_sight, quoted
from dagster_project.sentences import Sentence, listed, say
from dagster_project.settings import Settings

LAYERS = ("landing", "marts")
NOTHING_NEW = say("nothing_new")


@dataclass(frozen=True)
class Result:
    """One rule's verdict on one table; `observed` and `expected` for a reader, `named` the broken rows."""

    schema: str
    table: str
    column: str | None
    expectation: str
    severity: str
    observed: Sentence
    expected: Sentence
    passed: bool
    named: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return f"{self.schema}.{self.table} {self.expectation}: {self.expected} Seen: {self.observed}."


def has_passed(connection: duckdb.DuckDBPyConnection, run_number: int) -> bool:
    """Was a run checked, and then published? What blocked one that was not still stands."""
    query = """
        select count(*) from meta.runs where run_number = ? and status = 'published' and run_number in (
            select run_number from meta.quality where layer = 'marts'
        )
    """
    return connection.execute(query, [run_number]).fetchall() == [(1,)]


def rules_of(profile: sources.Profile, layer: str) -> list[Rule]:
    """The rules of a layer: 'landing' or 'marts'."""
    return landing_rules(profile) if layer == "landing" else mart_rules()


def check(
    settings: Settings,
    profile: sources.Profile,
    layer: str,
    scope: Scope,
    begun: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Evaluate a layer's rules by SQL in the build file and the draft, read-only; its Data Docs land in the home's
    quality_docs.

    No connection to either file may be open in this process. `begun` is called once Great Expectations is there; it
    is not imported where nothing is asked.
    """
    return evaluate(settings, rules_of(profile, layer), layer, scope, begun)


def evaluate(
    settings: Settings,
    rules: Sequence[Rule],
    layer: str,
    scope: Scope,
    begun: Callable[[], None] = lambda: None,
) -> list[Result]:
    """The verdict on each rule, in the order of the rules; every rule of a table that is not there is
    broken.
    """
    there = _tables(settings)
    asked = [rule for rule in rules if (rule.schema, rule.table) in there - scope.unchanged]
    verdicts = verdicts_on(settings, asked, layer, scope, begun)
    results = [
        _unasked(rule)
        if (rule.schema, rule.table) in there & scope.unchanged
        else _result(rule, verdicts.get(rule.identity))
        for rule in rules
    ]
    with _reader(settings) as connection:
        return [
            result if result.passed or not rule.names else _with_names(connection, rule, result)
            for rule, result in zip(rules, results, strict=True)
        ]


def from_dbt(results: Sequence[NodeResult]) -> list[Result]:
    """dbt's own data tests, as verdicts."""
    return [
        Result(
            schema="marts",
            table=(result.attached_to or "").split(".")[-1],
            column=result.column,
            expectation=result.name,
            severity="warn" if result.status == "warn" else "block",
            observed=_rows(result.failures),
            expected=_rows(0),
            passed=result.status == "pass",
        )
        for result in results
        if result.resource_type == "test" and result.status != "skipped"
    ]


def record(connection: duckdb.DuckDBPyConnection, run: Run, layer: str, results: Sequence[Result]) -> None:
    """Append the verdicts to `meta.quality`."""
    rows = [
        (
            *(run.run_number, run.run_id, layer, result.expectation, f"{result.schema}.{result.table}"),
            *(result.column, result.severity, result.observed, result.expected, result.passed),
            *(result.observed.zh, result.expected.zh),
        )
        for result in results
    ]
    if rows:
        connection.executemany(
            "insert into meta.quality by name select ? as run_number, ? as run_id, ? as layer, ? as expectation,"
            " ? as table_name, ? as column_name, ? as severity, ? as observed, ? as expected, ? as passed,"
            " ? as observed_zh, ? as expected_zh, now() as checked_at",
            rows,
        )


@contextmanager
def _reader(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(settings, read_only=True) as connection:
        for statement in marts_in_sight(settings):
            connection.execute(statement)
        yield connection


def _tables(settings: Settings) -> set[tuple[str, str]]:
    """Tables and views of both files."""
    with _reader(settings) as connection:
        return set(
            connection.execute(
                "select schema_name, table_name from duckdb_tables() union all"
                " select schema_name, view_name from duckdb_views()"
            ).fetchall()
        )


def _with_names(connection: duckdb.DuckDBPyConnection, rule: Rule, result: Result) -> Result:
    """The result with its broken rows called by name."""
    columns = ", ".join(quoted(name) for name in rule.names)
    table = quoted(rule.schema, rule.table)
    query = f"select distinct {columns} from {table} as this where {rule.broken} order by all"
    named = [".".join(map(str, row)) for row in connection.execute(query).fetchall()]
    observed = say("seen_named", seen=result.observed, names=listed(named))
    return replace(result, observed=observed, named=tuple(named))


def _unasked(rule: Rule) -> Result:
    """Of a table about which the night has no news: what was found of it before stands."""
    return Result(
        schema=rule.schema,
        table=rule.table,
        column=", ".join(rule.columns) or None,
        expectation=rule.name,
        severity=rule.severity,
        observed=NOTHING_NEW,
        expected=rule.says,
        passed=True,
    )


def _result(rule: Rule, verdict: Any | None) -> Result:
    errors = [say("no_such_table")] if verdict is None else errors_of(verdict.exception_info)
    observed = verdict and verdict.result.get("observed_value")
    return Result(
        schema=rule.schema,
        table=rule.table,
        column=", ".join(rule.columns) or None,
        expectation=rule.name,
        # a rule that cannot be evaluated has not been kept
        severity="block" if errors else rule.severity,
        observed=say("not_evaluated", error=errors[0]) if errors else _rows(observed),
        expected=rule.says,
        passed=not errors and bool(verdict and verdict.success),
    )


def _rows(count: int | None) -> Sentence:
    return say("seen_row") if count == 1 else say("seen_rows", rows=count or 0)
