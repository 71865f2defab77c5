"""Great Expectations itself: imported once, where there is something to ask, mended, and asked; its Data Docs.

Belongs here: what is particular to the library. Not here: what it is asked, what is made of the answer (quality.py).
"""

import importlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from typing import Any, ClassVar

from dagster_project.lib.rules import Rule, Scope
from dagster_project.lib.warehouse import config, marts_in_sight, quoted
from dagster_project.sentences import say
from dagster_project.settings import Settings

_IMPORTING = threading.Lock()


@cache
def begin_import() -> None:
    """Import the library beside what goes on, once a process; whoever needs it waits for what is left of that."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # before another thread reads the environment
    # what Dagster imports in the middle of a run as well: two threads that enter its circle of modules at two places
    # would each see half of it
    importlib.import_module("sqlalchemy.orm")
    threading.Thread(target=great_expectations, name="importing great_expectations").start()


def great_expectations() -> Any:
    """The library, imported and mended; only the first call of a process takes its time."""
    with _IMPORTING:
        return _imported()


@cache
def _imported() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # read when it is imported
    import great_expectations as gx  # 2 to 9 s to import: only where it is called
    import great_expectations.execution_engine.sqlalchemy_execution_engine as engine

    # Unless the dialect is among these, GX closes the connection before it fetches, and DuckDB then gives no
    # rows.
    if not any(dialect.value == "duckdb" for dialect in engine._PERSISTED_CONNECTION_DIALECTS):
        duckdb_dialect = type("Dialect", (str,), {"value": "duckdb"})("duckdb")
        engine._PERSISTED_CONNECTION_DIALECTS += (duckdb_dialect,)
    return gx


@cache
def counted_rows_expectation() -> Any:
    """The expectation that a query finds no rows. GX's own runs the query twice: for the rows, then for their count."""
    expectation: Any = great_expectations().expectations.UnexpectedRowsExpectation

    class ExpectNoRows(expectation):
        metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

        def _validate(
            self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
        ) -> dict[str, Any]:
            count = metrics["unexpected_rows_query.row_count"]
            return {"success": count == 0, "result": {"observed_value": count}}

    return ExpectNoRows


def verdicts_on(
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
        for statement in marts_in_sight(settings):
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


def errors_of(information: dict[str, Any]) -> list[str]:
    """The exception texts of a verdict; one dictionary, or one for each metric."""
    if "raised_exception" in information:
        information = {"": information}
    raised = [entry for entry in information.values() if entry["raised_exception"]]
    return [_first_line(str(entry["exception_message"])) for entry in raised]


def _first_line(message: str) -> str:
    return message.splitlines()[0] if message else say("error_without_words")
