"""Great Expectations itself: imported once, where there is something to ask, and mended.

Belongs here: what is particular to the library. Not here: what it is asked (quality.py).
"""

import os
import threading
from functools import cache
from typing import Any, ClassVar

_IMPORTING = threading.Lock()


@cache
def begin_import() -> None:
    """Import the library beside what goes on, once a process; whoever needs it waits for what is left of that."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"  # before another thread reads the environment
    import sqlalchemy.orm  # noqa: F401  # whole before two threads import it: Dagster's own does, too

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
