"""Are the figures of two contenders the same? By SQL over two attached files; every difference is one readable line.

Belongs here: which tables and columns must agree, and how nearly. Not here: what is compared when (race.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

# minutes are sums of thousands of floating numbers: the same to a part in 10⁹, or to a millionth
NEARLY = "abs(ours.{name} - theirs.{name}) <= greatest(1e-6, 1e-9 * abs(ours.{name}))"
EXAMPLES = 3


@dataclass(frozen=True)
class Figure:
    """A mart and the table of a script that must say the same. Columns that a script has beyond `columns` must agree,
    too, where the mart has them. `some`: of this column a script may leave values out, but none of `needed`.
    """

    mart: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    some: str = ""
    needed: tuple[str, ...] = ()


FIGURES = (
    Figure(
        "fct_orders",
        "verdicts",
        ("order_id",),
        ("promised_at", "signed_at", "is_on_time", "lateness_minutes"),
    ),
    Figure(
        "kpi",
        "rates",
        ("metric", "period", "period_start"),
        ("numerator", "denominator"),
        some="metric",
        needed=(
            "true_on_time_rate",
            "promise_kept_rate",
            "erp_on_time_rate",
            "wished_date_hit_rate",
            "in_full_on_time_rate",
        ),
    ),
    Figure(
        "agg_stage_deviation",
        "deviations",
        ("period", "period_start", "stage", "place"),
        ("suborders", "actual_minutes", "standard_minutes"),
    ),
    Figure("bridge", "bridge", ("period", "period_start", "step"), ("numerator", "denominator", "orders")),
    Figure("fct_lateness", "lateness", ("order_id", "stage", "place"), ("late_minutes",)),
)


def with_script(published: Path, out: Path) -> list[str]:
    """How a script's figures differ from the published marts."""
    with _attached(published, out) as connection:
        return [
            line
            for figure in FIGURES
            for line in _Comparison(connection, figure, figure.table, "main").lines()
        ]


def with_published(published: Path, other: Path) -> list[str]:
    """How another published file differs from the published marts, in the same figures."""
    with _attached(published, other) as connection:
        return [
            line
            for figure in FIGURES
            for line in _Comparison(connection, figure, figure.mart, "marts").lines()
        ]


def _attached(ours: Path, theirs: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": "2GB"})
    connection.execute("set TimeZone = 'UTC'")
    for name, file in (("our_file", ours), ("their_file", theirs)):
        path = str(file.resolve()).replace("'", "''")
        connection.execute(f"attach '{path}' as {name} (read_only)")
    return connection


class _Comparison:
    """One figure in both files, as the views `ours` and `theirs`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, figure: Figure, table: str, schema: str
    ) -> None:
        self.connection = connection
        self.figure = figure
        self.table = table
        self.is_there = bool(
            self._rows(
                "select 1 from duckdb_tables() where database_name = 'their_file'"
                f" and schema_name = '{schema}' and table_name = '{table}'"
            )
        )
        if self.is_there:
            connection.execute(f"create or replace temp view theirs as from their_file.{schema}.{table}")
            left_out = f"semi join theirs using ({figure.some})" if figure.some else ""
            connection.execute(
                f"create or replace temp view ours as from our_file.marts.{figure.mart} {left_out}"
            )

    def lines(self) -> list[str]:
        if not self.is_there:
            return [f"{self.table}: there is no such table"]
        key = self.figure.key
        types, found = self._types("ours"), self._types("theirs")
        missing = [name for name in (*key, *self.figure.columns) if name not in found]
        if missing:
            return [f"{self.table}: there is no column {', '.join(missing)}"]
        keys = ", ".join(f"ours.{name}" for name in key)
        matched = " and ".join(f"ours.{name} is not distinct from theirs.{name}" for name in key)
        lines = self._unequal_counts() + self._left_out()
        lines += self._told(f"select {keys} from ours anti join theirs on {matched}", "no such row")
        for name in found:
            if name not in types or name in key:
                continue
            differs = f"ours.{name} is distinct from theirs.{name}"
            if types[name] == "DOUBLE":
                differs += f" and not coalesce({NEARLY.format(name=name)}, false)"
            both = f"from ours inner join theirs on {matched} where {differs}"
            lines += self._told(f"select {keys}, ours.{name}, theirs.{name} {both}", f"another {name}")
        return lines

    def _unequal_counts(self) -> list[str]:
        """With as many rows as we have, and each of ours among them, none is beyond ours and none there twice."""
        ((ours, theirs),) = self._rows("select (select count(*) from ours), (select count(*) from theirs)")
        return [] if ours == theirs else [f"{self.table}: {theirs:,} rows, published are {ours:,}"]

    def _left_out(self) -> list[str]:
        if not self.figure.some:
            return []
        there = {value for (value,) in self._rows(f"select distinct {self.figure.some} from theirs")}
        return [f"{self.table}: no {value}" for value in self.figure.needed if value not in there]

    def _told(self, query: str, what: str) -> list[str]:
        """A line, if there are such rows: how many, and the first of them."""
        self.connection.execute(f"create or replace temp table differing as {query}")
        ((rows,),) = self._rows("select count(*) from differing")
        if not rows:
            return []
        examples = self._rows(f"from differing order by all limit {EXAMPLES}")
        shown = "; ".join(" ".join(map(str, example)) for example in examples)
        return [f"{self.table}: {what} in {rows:,} rows: {shown}"]

    def _types(self, view: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self._rows(f"describe {view}")}

    def _rows(self, query: str) -> Sequence[tuple]:
        return self.connection.execute(query).fetchall()
