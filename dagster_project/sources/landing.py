"""Landing one source table: its new files become typed rows, refused rows and a load that adds up.

Belongs here: the steps of a load and its one transaction. Files are judged in files and volume, cut in readers, typed by
the SQL of typed.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import duckdb

from . import ledger, readers, sql, typed
from .contracts import TableContract
from .files import Found, Inspected, Refusal, Unfit, discover, inspect
from .profile import Profile
from .volume import Sized, too_short

BATCH_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Run:
    """The run that lands: its number (the `_load_seq` of what it writes) and id."""

    number: int
    id: str


@dataclass(frozen=True)
class Load:
    """What one run landed of one source table; rows_read = rows_accepted + rows_quarantined + rows_duplicate.

    `relanded`: a file that had been landed was replaced, so the whole table was emptied and landed anew.
    """

    source: str
    table_name: str
    files: int = 0
    files_refused: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    refused: tuple[Refusal, ...] = ()
    relanded: bool = False


def land(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    table: tuple[str, str],
    source_dir: Path,
    run: Run,
) -> Load:
    """Lands the new files of one source table, in one transaction: after a kill at any point the next run does the same.

    Args:
        table: (source, name), one of `profile.tables`; `prepare` has been called.
        source_dir: the folder below which the contract's files lie.

    Raises:
        KeyError: the profile has no such table.
        ValueError: the rows do not add up, or the reader lost a line; nothing is kept.
    """
    contract = profile.contract(*table)
    started_at = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="landing_") as spool:
        connection.begin()
        try:
            load = _Landing(connection, profile, contract, source_dir, run, Path(spool)).land()
            ledger.write_load(connection, run, load, started_at)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    return load


class _Landing:
    """The steps of one load; lives as long as its transaction."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        profile: Profile,
        contract: TableContract,
        source_dir: Path,
        run: Run,
        spool: Path,
    ) -> None:
        self.connection = connection
        self.profile = profile
        self.contract = contract
        self.source_dir = source_dir
        self.run = run
        self.spool = spool
        self.landed = sql.landed_name(contract.source, contract.name)
        self.codes = {
            column.codes: profile.codes[column.codes].keys for column in contract.columns if column.codes
        }
        self.refused: dict[str, Refusal] = {}

    def land(self) -> Load:
        found = discover(self.source_dir, self.contract)
        load = self._land(found, relanded=False)
        if load is None or self._misjudged():
            # A replaced file, or an older drop that came late and changes what was usual: only landing all files in
            # order again gives what a rebuild would give.
            ledger.forget_table(self.connection, self.contract)
            self.refused.clear()
            load = self._land(found, relanded=True)
            assert load is not None
        return load

    def _land(self, found: list[Found], relanded: bool) -> Load | None:
        """One pass over the files that are new; None if one that had been landed has other content now."""
        known = ledger.known_files(self.connection, self.contract)
        inspected = []
        for file in found:
            seen = known.get(file.file)
            if seen and seen.is_settled and (seen.bytes, seen.modified_ns) == (file.bytes, file.modified_ns):
                continue
            try:
                fit = self._inspect(file)
            except Unfit as unfit:
                self._refuse(file, unfit, was_landed=seen is not None and seen.status == "loaded")
                continue
            if seen and seen.status == "loaded":
                if seen.sha256 != fit.sha256:
                    return None
                ledger.touch_file(self.connection, self.contract, file)
                continue
            inspected.append(fit)
        load = Load(self.contract.source, self.contract.name, relanded=relanded)
        holders = {
            seen.sha256: seen.rank(self._is_by_file) for seen in known.values() if seen.status == "loaded"
        }
        fresh: list[Inspected] = []
        renamed: list[Inspected] = []
        for fit in sorted(inspected, key=lambda fit: self._rank(fit.found)):
            holder = holders.get(fit.sha256)
            if holder is not None and holder <= self._rank(fit.found):
                ledger.write_file(
                    self.connection, self.run, self.contract, fit, "same_content", same_as=holder[-1]
                )
                continue
            (fresh if holder is None else renamed).append(fit)
            holders[fit.sha256] = self._rank(fit.found)
        for batch in _batches(renamed, self.contract):
            self._land_batch(batch, is_renamed=True)
        for batch in _batches(fresh, self.contract):
            counts = self._land_batch(batch, is_renamed=False)
            load = replace(
                load,
                files=load.files + counts.files,
                rows_read=load.rows_read + counts.rows_read,
                rows_accepted=load.rows_accepted + counts.rows_accepted,
                rows_quarantined=load.rows_quarantined + counts.rows_quarantined,
                rows_duplicate=load.rows_duplicate + counts.rows_duplicate,
            )
        refused = tuple(refusal for _, refusal in sorted(self.refused.items()))
        return replace(load, files_refused=len(refused), refused=refused)

    @property
    def _is_by_file(self) -> bool:
        return self.contract.recorded_at is None

    def _rank(self, found: Found) -> tuple[datetime, str] | tuple[str]:
        """Which of two files with the same content holds it: the smaller, so that the order of arrival is no matter."""
        return (found.recorded_at, found.file) if self._is_by_file else (found.file,)

    def _inspect(self, file: Found) -> Inspected:
        fit = inspect(file, self.contract, self.spool)
        if self.contract.format in ("parquet", "xlsx"):
            header, extra = readers.workbook_header(file, self.contract)
            fit = replace(fit, header=header, extra=extra)
        return fit

    def _refuse(self, file: Found, unfit: Unfit, was_landed: bool = False) -> None:
        reason = unfit.reason
        if was_landed:
            reason = f"{reason} (the rows of the copy that was landed before are kept)"
        self.refused[file.file] = Refusal(file.file, reason, unfit.remedy)
        ledger.write_refusal(
            self.connection, self.run, self.contract, file, self.refused[file.file], was_landed
        )

    def _land_batch(self, batch: readers.Batch, is_renamed: bool) -> Load:
        """Lands one batch; a renamed file only hands its smaller name to the rows that are there."""
        readers.stage(self.connection, self.contract, batch)
        self._stage_typed(batch)
        fit = self._fit_by_rows(batch)
        self._quarantine(batch, is_renamed)
        repeated, met = self._find_duplicates()
        accepted = self._insert()
        read, quarantined = self.connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE is_bad) FROM staged"
        ).fetchone()  # type: ignore[misc]
        if read != accepted + quarantined + repeated + met or (is_renamed and accepted):
            raise ValueError(
                f"{self.contract.source}.{self.contract.name} does not add up: {read} rows read, {accepted} accepted,"
                f" {quarantined} quarantined, {repeated + met} duplicate"
            )
        ledger.write_loaded(self.connection, self.run, self.contract, fit)
        return Load(
            self.contract.source, self.contract.name, len(fit), 0, read, accepted, quarantined, repeated + met
        )

    def _stage_typed(self, batch: readers.Batch) -> None:
        """`staged`: the rows of the batch with typed columns, hash and recorded time; `is_bad` marks the refused."""
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE staged_files"
            " (file_index INTEGER, file VARCHAR, load_id VARCHAR, file_recorded_at TIMESTAMPTZ)"
        )
        self.connection.executemany(
            "INSERT INTO staged_files VALUES ($1, $2, $3, $4)",
            [
                [index, fit.found.file, fit.load_id, fit.found.recorded_at]
                for index, fit in enumerate(batch.files)
            ],
        )
        columns = self.contract.columns
        texts = ", ".join(typed.text_column(column) for column in columns)
        names = ", ".join(sql.name(column.name) for column in columns)
        checks = [check for column in columns if (check := typed.is_bad(column, self.codes))]
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE staged AS
            SELECT position, file_index, record AS _record, file AS _file, load_id AS _load_id,
                {" OR ".join(["broken IS NOT NULL", *checks])} AS is_bad,
                {names}, hash({texts}) AS _row_hash, {typed.recorded_at(self.contract)} AS _recorded_at
            FROM ({self._typed_rows(batch)}) JOIN staged_files USING (file_index)
            """
        )

    def _typed_rows(self, batch: readers.Batch, where: str = "true") -> str:
        columns = self.contract.columns
        at = {name: index for index, name in reversed(list(enumerate(batch.field_names, 1)))}
        raws = ", ".join(f"parts[{at[column.name]}] AS {typed.text_column(column)}" for column in columns)
        texts = ", ".join(
            f"{typed.normalised(typed.text_column(column), self.contract)} AS {typed.text_column(column)}"
            for column in columns
        )
        values = ", ".join(f"{typed.value(column)} AS {sql.name(column.name)}" for column in columns)
        return f"""
            SELECT *, {values} FROM (
                SELECT position, file_index, record, line, parts, broken, {texts} FROM (
                    SELECT position, file_index, record, line, parts, broken, {raws}
                    FROM ({readers.rows(self.contract, batch)}) WHERE {where}
                )
            )"""

    def _fit_by_rows(self, batch: readers.Batch) -> list[tuple[Inspected, int]]:
        """Takes out the files that prove too short once their rows are counted; hands back the others with the count."""
        counted = {}
        empty = {}
        # Only JSON lines have no header that would show a column to be gone.
        names = [column.name for column in self.contract.columns if self.contract.format == "jsonl"]
        for index, rows, *filled in self.connection.execute(
            f"SELECT file_index, count(*){''.join(f', count({sql.name(name)})' for name in names)}"
            " FROM staged GROUP BY file_index"
        ).fetchall():
            counted[index] = rows
            empty[index] = [name for name, values in zip(names, filled, strict=True) if not values]
        sizes = {
            fit.found.file: Sized(
                fit.found.file,
                fit.found.drop_date,
                counted.get(index, 0),
                fit.has_manifest or fit.is_released or self.contract.volume_varies,
            )
            for index, fit in enumerate(batch.files)
        }
        usual = too_short([*self._sizes_before(sizes), *sizes.values()], self.profile.days_off)
        fit_files = []
        for index, fit in enumerate(batch.files):
            rows = counted.get(index, 0)
            unfit = _short_of_manifest(fit, rows) or _short_of_usual(fit, rows, usual)
            if unfit is None and self.contract.format == "jsonl" and empty.get(index):
                unfit = readers.renamed_key(self.connection, self.contract, index, empty[index])
            if unfit is not None:
                self._refuse(fit.found, unfit)
                self.connection.execute("DELETE FROM staged WHERE file_index = $1", [index])
            else:
                fit_files.append((fit, rows))
        return fit_files

    def _sizes_before(self, sizes: dict[str, Sized]) -> list[Sized]:
        landed = ledger.landed_sizes(self.connection, self.contract)
        return [sized for sized in landed if sized.file not in sizes]

    def _misjudged(self) -> bool:
        """Whether a file that was landed earlier would be too short, now that all files before it are here."""
        return bool(too_short(ledger.landed_sizes(self.connection, self.contract), self.profile.days_off))

    def _quarantine(self, batch: readers.Batch, is_renamed: bool) -> None:
        source, table = self.contract.source, self.contract.name
        if is_renamed:
            self.connection.execute(
                """
                UPDATE meta.quarantine SET file = staged_files.file FROM staged_files
                WHERE source = $1 AND table_name = $2 AND quarantine.load_id = staged_files.load_id
                """,
                [source, table],
            )
            return
        (bad,) = self.connection.execute("SELECT count(*) FROM staged WHERE is_bad").fetchone()  # type: ignore[misc]
        if not bad:
            return
        place = "Line" if self.contract.format in ("csv", "jsonl") else "Row"
        reasons = ", ".join(
            reason for column in self.contract.columns if (reason := typed.reason(column, self.codes))
        )
        self.connection.execute(
            f"""
            INSERT INTO meta.quarantine
            SELECT $1, $2, '{place} ' || record || ': '
                    || coalesce(broken, concat_ws('; ', {reasons or "NULL"})) || '.',
                {readers.row_as_json(self.contract, batch)}, file, record, load_id, $3, $4, now()
            FROM ({self._typed_rows(batch, "position IN (SELECT position FROM staged WHERE is_bad)")})
            JOIN staged_files USING (file_index)
            """,
            [source, table, self.run.number, self.run.id],
        )

    def _find_duplicates(self) -> tuple[int, int]:
        """Rows whose content came before, in this batch or landed; the smallest provenance stays in the landed row."""
        self.connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE staged_repeated AS
            SELECT position FROM (
                SELECT position, row_number() OVER (
                    PARTITION BY _row_hash ORDER BY _recorded_at, _file, _record
                ) AS number
                FROM staged
                WHERE NOT is_bad AND _row_hash IN (
                    SELECT _row_hash FROM staged WHERE NOT is_bad GROUP BY _row_hash HAVING count(*) > 1
                )
            ) WHERE number > 1
            """
        )
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE staged_met AS
            SELECT staged.position, staged._row_hash, staged._recorded_at, staged._file, staged._record, staged._load_id,
                (staged._recorded_at, staged._file, staged._record)
                    < (landed._recorded_at, landed._file, landed._record) AS is_smaller
            FROM staged JOIN {self.landed} AS landed ON staged._row_hash = landed._row_hash
            WHERE NOT staged.is_bad AND staged.position NOT IN (SELECT position FROM staged_repeated)
            """
        )
        self.connection.execute(
            f"""
            UPDATE {self.landed} AS landed
            SET _recorded_at = met._recorded_at, _file = met._file, _record = met._record, _load_id = met._load_id,
                _load_seq = $1
            FROM staged_met AS met WHERE met.is_smaller AND landed._row_hash = met._row_hash
            """,
            [self.run.number],
        )
        repeated, met = self.connection.execute(
            "SELECT (SELECT count(*) FROM staged_repeated), (SELECT count(*) FROM staged_met)"
        ).fetchone()  # type: ignore[misc]
        return repeated, met

    def _insert(self) -> int:
        names = ", ".join(sql.name(column.name) for column in self.contract.columns)
        (accepted,) = self.connection.execute(
            f"""
            INSERT INTO {self.landed} ({names}, _row_hash, _load_seq, _load_id, _file, _record, _recorded_at)
            SELECT {names}, _row_hash, $1, _load_id, _file, _record, _recorded_at FROM staged
            WHERE NOT is_bad
                AND position NOT IN (SELECT position FROM staged_repeated)
                AND position NOT IN (SELECT position FROM staged_met)
            """,
            [self.run.number],
        ).fetchone()  # type: ignore[misc]
        return accepted


def _short_of_manifest(fit: Inspected, rows: int) -> Unfit | None:
    if fit.expected_rows is None or fit.expected_rows == rows:
        return None
    return Unfit(
        f"the file has {rows} rows, its manifest says {fit.expected_rows}",
        "Have the file and its manifest delivered again",
    )


def _short_of_usual(fit: Inspected, rows: int, usual: dict[str, float]) -> Unfit | None:
    if fit.found.file not in usual:
        return None
    return Unfit(
        f"the file has {rows} rows, usual on this weekday are {usual[fit.found.file]:g}: it was half written",
        f"Have it delivered again; if it is whole, put an empty {fit.found.path.name}.ok beside it",
    )


def _batches(files: Sequence[Inspected], contract: TableContract) -> list[readers.Batch]:
    """Files in the order of their drop dates, cut where the header changes or a batch grows too large for memory."""
    ordered = sorted(files, key=lambda fit: (fit.found.recorded_at, fit.found.file))
    batches = []
    for header, group in groupby(ordered, key=lambda fit: fit.header):
        names = header or tuple(column.name for column in contract.columns)
        held: list[Inspected] = []
        size = 0
        for fit in group:
            if held and size + fit.found.bytes > BATCH_BYTES:
                batches.append(readers.Batch(tuple(held), names))
                held, size = [], 0
            held.append(fit)
            size += fit.found.bytes
        batches.append(readers.Batch(tuple(held), names))
    return batches
