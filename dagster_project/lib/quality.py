"""Great Expectations over the build file: rules in, verdicts out, and its Data Docs.

Belongs here: evaluating rules and keeping the verdicts in `meta.quality`. Not here: the rules themselves
(rules.py), how the library comes to be there (expectations.py), or what a failed one means for the night (night.py).
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import duckdb

from dagster_project import sources
from dagster_project.lib.expectations import counted_rows_expectation, great_expectations
from dagster_project.lib.models import NodeResult
from dagster_project.lib.rules import Rule, landing_rules, mart_rules
from dagster_project.lib.warehouse import REBUILD_MEMORY, Run, config, connect, literal, quoted
from dagster_project.sentences import Sentence, listed, say
from dagster_project.settings import Settings

LAYERS = ("landing", "marts")
NOTHING_NEW = say("nothing_new")


@dataclass(frozen=True)
class Scope:
    """What is checked: all rows, or those brought or touched `since` a run of which all is checked and published; of
    `unchanged` tables none. `memory`: what DuckDB may hold meanwhile.
    """

    since: int
    is_whole: bool
    unchanged: frozenset[tuple[str, str]] = frozenset()
    memory: str = REBUILD_MEMORY

    def batch(self, rule: Rule) -> str:
        """The query whose rows a rule's table is checked by."""
        query = f"select * from {quoted(rule.schema, rule.table)}"
        if self.is_whole or not rule.night:
            return query
        return f"{query} where {rule.night.format(since=self.since)}"


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
    verdicts = _verdicts(settings, asked, layer, scope, begun)
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


def _verdicts(
    settings: Settings, rules: Sequence[Rule], layer: str, scope: Scope, begun: Callable[[], None]
) -> dict[str, Any]:
    """Great Expectations' own verdicts, by the rule's identity."""
    if not rules:
        return {}
    gx = great_expectations()
    counted_rows = counted_rows_expectation()
    begun()
    with _closed_connections(settings):
        context = gx.get_context(mode="ephemeral", project_config=_configuration(settings, layer))
        source = context.data_sources.add_sql(
            layer,
            connection_string=f"duckdb:///{settings.build_file}",
            kwargs={"connect_args": {"read_only": True, "config": config(settings, scope.memory)}},
        )
        definitions = []
        ordered = sorted(rules, key=lambda rule: (rule.schema, rule.table))
        for (schema, table), group in groupby(ordered, key=lambda rule: (rule.schema, rule.table)):
            ours = list(group)
            asset = source.add_query_asset(f"{schema}.{table}", query=scope.batch(ours[0]))
            expectations = [
                counted_rows(
                    unexpected_rows_query=_broken_rows(rule),
                    description=str(rule.says),
                    meta={"rule": rule.identity},
                    severity="critical" if rule.severity == "block" else "warning",
                )
                for rule in ours
            ]
            suite = context.suites.add(gx.ExpectationSuite(name=asset.name, expectations=expectations))
            batch = asset.add_batch_definition_whole_table("asked")
            definition = gx.ValidationDefinition(name=asset.name, data=batch, suite=suite)
            definitions.append(context.validation_definitions.add(definition))
        checkpoint = gx.Checkpoint(name=layer, validation_definitions=definitions, result_format="BASIC")
        outcome = context.checkpoints.add(checkpoint).run()
        context.build_data_docs()
    return {
        verdict.expectation_config.meta["rule"]: verdict
        for run in outcome.run_results.values()
        for verdict in run.results
    }


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
def _closed_connections(settings: Settings) -> Iterator[None]:
    """GX keeps its connections open; a writer of the same process could not open the files. Close all it
    made. Each sees the draft's marts as if they were the build file's.
    """
    from sqlalchemy import Connection, Engine, event

    opened: list[Connection] = []

    def keep(connection: Connection) -> None:
        opened.append(connection)

    def attach(connection: Any, _: Any) -> None:
        for statement in _marts_in_sight(settings):
            connection.execute(statement)

    event.listen(Engine, "engine_connect", keep)
    event.listen(Engine, "connect", attach)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", keep)
        event.remove(Engine, "connect", attach)
        for connection in opened:
            if not connection.closed:
                connection.invalidate()  # several share one connection to the file: it closes only once
                connection.close()
        for engine in {connection.engine for connection in opened}:
            engine.dispose()


def _configuration(settings: Settings, layer: str) -> Any:
    """Everything in memory but the Data Docs, of which the last run's are kept."""
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    folder = settings.quality_docs / layer
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    site = {
        "class_name": "SiteBuilder",
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        data_docs_sites={layer: site},
        progress_bars={"globally": False},
        analytics_enabled=False,
    )


def _broken_rows(rule: Rule) -> str:
    """The query of a table's rows that break a rule. A key with a null is no key: it breaks no uniqueness."""
    if rule.kind == "rows":
        return f"select this.* from (select * from {{batch}}) as this where {rule.broken}"
    key = ", ".join(map(quoted, rule.columns))
    # joined to nothing, as it should be, the second reading ends before it begins
    return (
        f"select {key} from (select * from {{batch}}) as this semi join ("
        f"select {key} from (select * from {{batch}}) as all_rows group by {key} having count(*) > 1"
        f") as repeated using ({key})"
    )


def _marts_in_sight(settings: Settings) -> list[str]:
    """Statements after which `marts.<name>` of a connection to the build file is the draft's."""
    if not settings.draft_file.exists():
        return []
    return [
        f"attach if not exists {literal(str(settings.draft_file))} as draft (read_only)",
        f"set search_path = '{settings.build_file.stem}.main,draft.marts'",
    ]


@contextmanager
def _reader(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(settings, read_only=True) as connection:
        for statement in _marts_in_sight(settings):
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
    errors = [say("no_such_table")] if verdict is None else _errors(verdict.exception_info)
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


def _first_line(message: str) -> str:
    return message.splitlines()[0] if message else say("error_without_words")


def _rows(count: int | None) -> Sentence:
    return say("seen_row") if count == 1 else say("seen_rows", rows=count or 0)


def _errors(information: dict[str, Any]) -> list[str]:
    """The exception texts of a verdict; one dictionary, or one for each metric."""
    if "raised_exception" in information:
        information = {"": information}
    raised = [entry for entry in information.values() if entry["raised_exception"]]
    return [_first_line(str(entry["exception_message"])) for entry in raised]
