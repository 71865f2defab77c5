"""One batch of files on its way into the landed table: typed, split into good and refused, without
duplicates.

Belongs here: the SQL between readers' text and the landed table. Which files make a batch is decided in
landing.
"""

from collections.abc import Sequence

import duckdb

from dagster_project.sentences import Sentence, say_in_sql, words

from . import cells, readers, sql, typed
from .contracts import TableContract
from .files import Batch


class Staging:
    """The rows of one batch, typed, with hash and recorded time; `_is_bad` marks the refused. Of text they are kept
    in a temporary table; of files that are typed a view is enough, for reading them again costs less than keeping."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: TableContract,
        codes: dict[str, tuple[str, ...]],
        batch: Batch,
    ) -> None:
        self.connection = connection
        self.contract = contract
        self.codes = codes
        self.batch = batch
        self.counts: dict[int, tuple[int, int]] = {}
        self.rows = "staged_view" if batch.is_typed else "staged_table"
        self.landed = sql.landed_name(contract.source, contract.name)
        self.names = ", ".join(sql.name(column.name) for column in contract.columns)

    def fill(self) -> None:
        """Reads the files and types their rows."""
        if not self.batch.is_typed:
            readers.stage(self.connection, self.contract, self.batch)
        self.connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE staged_files AS
            SELECT unnest($1::INTEGER[]) AS _file_index, unnest($2::VARCHAR[]) AS _file,
                unnest($3::VARCHAR[]) AS _load_id, unnest($4::TIMESTAMPTZ[]) AS _file_recorded_at
            """,
            [
                list(range(len(self.batch.files))),
                [fit.found.file for fit in self.batch.files],
                [fit.load_id for fit in self.batch.files],
                [fit.found.recorded_at for fit in self.batch.files],
            ],
        )
        columns = self.contract.columns
        # a Parquet file may bring a type or its text: the same value is the same row
        is_valued = self.contract.format == "parquet"
        content = self.names if is_valued else ", ".join(typed.text_column(column) for column in columns)
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP {"VIEW" if self.batch.is_typed else "TABLE"} {self.rows} AS
            SELECT _position, _file_index, _record,
                {self._refused} AS _is_bad,
                {self.names}, hash({content}) AS _row_hash, {typed.recorded_at(self.contract)} AS _recorded_at
            FROM ({self._typed_rows()}) JOIN staged_files USING (_file_index)
            """
        )

    def count(self) -> dict[int, tuple[int, list[str]]]:
        """By file: its rows, and for JSON lines (which have no header to show it) the columns without any
        value."""
        # hashes and verdicts in one pass: what is asked of all rows later asks only these
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE staged_hashes AS"
            f" SELECT _position, _file_index, _row_hash, _is_bad FROM {self.rows}"
        )
        counted = self.connection.execute(
            "SELECT _file_index, count(*), count(*) FILTER (_is_bad) FROM staged_hashes GROUP BY _file_index"
        ).fetchall()
        self.counts = {index: (rows, bad) for index, rows, bad in counted}
        empty = self._empty_columns()
        return {index: (rows, empty.get(index, [])) for index, (rows, _) in self.counts.items()}

    def _empty_columns(self) -> dict[int, list[str]]:
        """By file of JSON lines, the columns without any value."""
        if self.contract.format != "jsonl" or self.contract.is_nested:
            return {}
        names = [column.name for column in self.contract.columns]
        filled = ", ".join(f"count({sql.name(name)})" for name in names)
        counted = self.connection.execute(
            f"SELECT _file_index, {filled} FROM {self.rows} GROUP BY _file_index"
        ).fetchall()
        return {
            index: [name for name, values in zip(names, counts, strict=True) if not values]
            for index, *counts in counted
        }

    def drop(self, file_index: int) -> None:
        """Takes a file's rows out again."""
        held = "staged_files" if self.batch.is_typed else self.rows
        for table in (held, "staged_hashes"):
            self.connection.execute(f"DELETE FROM {table} WHERE _file_index = $1", [file_index])
        self.counts.pop(file_index, None)

    @property
    def read(self) -> int:
        """The rows of the batch."""
        return sum(rows for rows, _ in self.counts.values())

    @property
    def bad(self) -> int:
        """Those of them that are refused."""
        return sum(bad for _, bad in self.counts.values())

    def quarantine(self, run_number: int, run_id: str) -> int:
        """Writes the refused rows with their reasons to meta.quarantine; hands back how many."""
        if not self.bad:
            return 0
        told = self._reason()
        if self.batch.is_typed:
            refused = f"SELECT * FROM ({self._typed_rows()}) WHERE {self._refused}"
        else:
            refused = self._typed_rows(f"position IN (SELECT _position FROM {self.rows} WHERE _is_bad)")
        (written,) = self._fetch(
            f"""
            INSERT INTO meta.quarantine BY NAME
            SELECT $1 AS source, $2 AS table_name, {told} AS reason, {told.zh} AS reason_zh,
                {readers.row_as_json(self.contract, self.batch)} AS "row", _file AS file, _record AS record,
                _load_id AS load_id, $3 AS run_number, $4 AS run_id, now() AS loaded_at
            FROM ({refused}) JOIN staged_files USING (_file_index)
            """,
            [self.contract.source, self.contract.name, run_number, run_id],
        )
        return int(written)

    def rename_quarantined(self) -> int:
        """Gives refused rows of the same contents the names of these files; hands back how many rows are
        refused."""
        self.connection.execute(
            """
            UPDATE meta.quarantine SET file = staged_files._file FROM staged_files
            WHERE source = $1 AND table_name = $2 AND quarantine.load_id = staged_files._load_id
            """,
            [self.contract.source, self.contract.name],
        )
        return self.bad

    def take_duplicates(self, run_number: int) -> int:
        """Finds rows whose content came before, in this batch or landed; the smallest provenance stays in
        the landed row. Hands back how many."""
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE staged_repeated AS
            WITH several AS (
                SELECT _position, _row_hash FROM staged_hashes SEMI JOIN (
                    SELECT _row_hash FROM staged_hashes WHERE NOT _is_bad GROUP BY _row_hash HAVING count(*) > 1
                ) USING (_row_hash) WHERE NOT _is_bad
            )
            SELECT _position FROM (
                SELECT _position, row_number() OVER (
                    PARTITION BY several._row_hash ORDER BY _recorded_at, _file, _record
                ) AS number
                FROM {self.rows} JOIN several USING (_position) JOIN staged_files USING (_file_index)
            ) WHERE number > 1
            """
        )
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE staged_same AS
            SELECT _position, landed.rowid AS landed_row
            FROM {self.landed} AS landed JOIN staged_hashes USING (_row_hash)
            ANTI JOIN staged_repeated USING (_position) WHERE NOT _is_bad
            """
        )
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE staged_met AS
            SELECT staged._position, landed._row_hash, staged._recorded_at, staged_files._file, staged._record,
                staged_files._load_id,
                (staged._recorded_at, staged_files._file, staged._record)
                    < (landed._recorded_at, landed._file, landed._record) AS is_smaller
            FROM staged_same
            JOIN {self.landed} AS landed ON landed.rowid = landed_row
            JOIN {self.rows} AS staged USING (_position)
            JOIN staged_files USING (_file_index)
            """
        )
        self.connection.execute(
            f"""
            UPDATE {self.landed} AS landed
            SET _recorded_at = met._recorded_at, _file = met._file, _record = met._record,
                _load_id = met._load_id, _load_seq = $1
            FROM staged_met AS met WHERE met.is_smaller AND landed._row_hash = met._row_hash
            """,
            [run_number],
        )
        self.connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE staged_out AS
            SELECT _position FROM staged_repeated UNION ALL SELECT _position FROM staged_met
            """
        )
        repeated, met = self._fetch(
            "SELECT (SELECT count(*) FROM staged_repeated), (SELECT count(*) FROM staged_met)"
        )
        return int(repeated + met)

    def insert(self, run_number: int) -> int:
        """Writes the rows that are neither refused nor duplicate to the landed table; hands back how many."""
        (written,) = self._fetch(
            f"""
            INSERT INTO {self.landed} (
                {self.names}, _row_hash, _load_seq, _load_id, _file, _record, _recorded_at
            )
            SELECT {self.names}, _row_hash, $1, _load_id, _file, _record, _recorded_at
            FROM {self.rows} ANTI JOIN staged_out USING (_position) JOIN staged_files USING (_file_index)
            WHERE NOT _is_bad
            """,
            [run_number],
        )
        return int(written)

    def _fetch(self, query: str, values: Sequence[object] = ()) -> tuple:
        found = self.connection.execute(query, list(values)).fetchone()
        assert found is not None  # an aggregate and a statement that writes always give a row
        return found

    def _reason(self) -> Sentence:
        """An SQL text: why a row is refused."""
        broken = readers.broken_reason(self.contract, self.batch)
        reasons = [typed.reason(column, self.codes, self.batch.is_typed) for column in self.contract.columns]
        given = [reason for reason in reasons if reason] or [Sentence("NULL", "NULL")]
        en, zh = (sql.text(between) for between in words()["next"])
        told = Sentence(
            f"coalesce({broken}, concat_ws({en}, {', '.join(given)}))",
            f"coalesce({broken.zh}, concat_ws({zh}, {', '.join(reason.zh for reason in given)}))",
        )
        is_by_line = self.contract.format in ("csv", "jsonl") and not self.contract.is_nested
        return say_in_sql("line" if is_by_line else "row", record="_record", reasons=told)

    @property
    def _refused(self) -> str:
        """The condition of a row that breaks the contract."""
        of_columns = [
            typed.is_bad(column, self.codes, self.batch.is_typed) for column in self.contract.columns
        ]
        return " OR ".join(["_broken IS NOT NULL", *filter(None, of_columns)])

    def _typed_rows(self, where: str = "true") -> str:
        """A query over the staged text: raw parts, text without blanks (`"_t.<column>"`) and typed values."""
        if self.batch.is_typed:
            return cells.typed_rows(self.contract, self.batch, where)
        columns = self.contract.columns
        at = {name: index for index, name in reversed(list(enumerate(self.batch.field_names, 1)))}
        raws = ", ".join(f"parts[{at[column.name]}] AS {typed.text_column(column)}" for column in columns)
        texts = ", ".join(
            f"{typed.normalised(typed.text_column(column), self.contract)} AS {typed.text_column(column)}"
            for column in columns
        )
        values = ", ".join(f"{typed.value(column)} AS {sql.name(column.name)}" for column in columns)
        return f"""
            SELECT *, {values} FROM (
                SELECT _position, _file_index, _record, _line, _parts, _broken, {texts} FROM (
                    SELECT position AS _position, file_index AS _file_index, record AS _record, line AS _line,
                        parts AS _parts, broken AS _broken, {raws}
                    FROM ({readers.rows(self.contract, self.batch)}) WHERE {where}
                )
            )"""
