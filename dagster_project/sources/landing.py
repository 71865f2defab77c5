"""Landing one source table: its new files become typed rows, refused rows and a load that adds up.

Belongs here: the steps of a load and its one transaction. Files are judged in files and volume, cut in
readers, typed by the SQL of typed.
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import duckdb

from dagster_project.sentences import say

from . import cells, documents, ledger, tables
from .contracts import TableContract
from .files import RELEASE_SUFFIX, Batch, Found, Inspected, Refusal, discover, inspect
from .ledger import Load, Run
from .profile import Profile
from .readers import renamed_key
from .staging import Staging
from .textfiles import Unfit
from .volume import Sized, too_short

BATCH_BYTES = 128 * 1024 * 1024


def land(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    table: tuple[str, str],
    source_dir: Path,
    run: Run,
) -> Load:
    """Lands the new files of one source table, in one transaction: after a kill at any point the next run
    does the same.

    Args:
        table: (source, name), one of `profile.tables`; `prepare` has been called.
        source_dir: the folder below which the contract's files lie.

    Raises:
        KeyError: the profile has no such table.
        FileNotFoundError: it must land anew, but files that were loaded are gone.
        ValueError: the rows do not add up, or the reader lost a line; nothing is kept.
    """
    contract = profile.contract(*table)
    started_at = datetime.now(UTC)
    with _spool(connection) as spool:
        connection.begin()
        try:
            load = _Landing(connection, profile, contract, source_dir, run, spool).land()
            ledger.write_load(connection, run, load, started_at)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
    return load


@contextmanager
def _spool(connection: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """A folder for copies of files: beside the database, so that the next run clears what a killed one
    left."""
    path = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    if not path or not path[0]:
        with tempfile.TemporaryDirectory(prefix="landing_") as folder:
            yield Path(folder)
        return
    spool = Path(f"{path[0]}.spool")
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir()
    try:
        yield spool
    finally:
        shutil.rmtree(spool)


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
        self.codes = {
            column.codes: profile.codes[column.codes].keys for column in contract.columns if column.codes
        }
        self.refused: dict[str, Refusal] = {}

    def land(self) -> Load:
        found = discover(self.source_dir, self.contract)
        load = self._land(found, relanded=False)
        if load is None or self._misjudged():
            # A replaced file, a copy that takes a content over under a larger name, or an older drop that
            # came late and changes what was usual: only landing all files in order again gives what a rebuild
            # gives.
            why = "a file of it was replaced or came late"
            ledger.require_loaded_files(self.connection, self.contract, self.source_dir, why)
            tables.forget_table(self.connection, self.contract)
            self.refused.clear()
            load = self._land(found, relanded=True)
            assert load is not None
        return load

    def _land(self, found: list[Found], relanded: bool) -> Load | None:
        """One pass over the files that are new; None if only landing all files anew gives the right rows."""
        known = ledger.known_files(self.connection, self.contract)
        here = {file.file for file in found}
        gone = [seen.file for seen in known.values() if seen.status != "loaded" and seen.file not in here]
        ledger.forget_files(self.connection, self.contract, gone)
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
        load = self._land_inspected(inspected, known.values())
        if load is None:
            return None
        refused = tuple(refusal for _, refusal in sorted(self.refused.items()))
        return replace(load, files_refused=len(refused), refused=refused, relanded=relanded)

    def _land_inspected(self, inspected: list[Inspected], known: Iterable[ledger.Seen]) -> Load | None:
        """Lands the files whose content is new; of two with the same content the one of smaller rank holds
        it."""
        load = Load(self.contract.source, self.contract.name)
        holders = {seen.sha256: seen.rank for seen in known if seen.status == "loaded"}
        while inspected:
            fresh: list[Inspected] = []
            renamed: list[Inspected] = []
            copies: list[tuple[Inspected, str]] = []
            for fit in sorted(inspected, key=lambda fit: fit.found.rank):
                holder = holders.get(fit.sha256)
                if holder is not None and holder <= fit.found.rank:
                    copies.append((fit, holder[-1]))
                    continue
                if holder is not None and holder[-1] < fit.found.file:
                    return None
                (fresh if holder is None else renamed).append(fit)
                holders[fit.sha256] = fit.found.rank
            for batch in _batches(renamed, self.contract):
                self._land_batch(batch, is_renamed=True)
            for batch in _batches(fresh, self.contract):
                load = load.plus(self._land_batch(batch, is_renamed=False))
            of_landed = [(fit, holder) for fit, holder in copies if holder not in self.refused]
            ledger.write_copies(self.connection, self.run, self.contract, of_landed)
            # The copy of a file that proved unfit stands for itself.
            inspected = [fit for fit, holder in copies if holder in self.refused]
            holders = {sha256: rank for sha256, rank in holders.items() if rank[-1] not in self.refused}
        return load

    def _inspect(self, file: Found) -> Inspected:
        fit = inspect(file, self.contract, self.spool)
        if self.contract.format in ("parquet", "xlsx"):
            header, extra, types = cells.read_header(self.connection, file, self.contract)
            fit = replace(fit, header=header, extra=extra, types=types)
        return fit

    def _refuse(self, file: Found, unfit: Unfit, was_landed: bool = False) -> None:
        reason = unfit.reason
        if was_landed:
            reason = say("copy_kept", reason=reason)
        self.refused[file.file] = Refusal(file.file, reason, unfit.remedy)
        ledger.write_refusal(
            self.connection, self.run, self.contract, file, self.refused[file.file], was_landed
        )

    def _land_batch(self, batch: Batch, is_renamed: bool) -> Load:
        """Lands one batch; a renamed file only hands its smaller name to the rows that are there."""
        staging = Staging(self.connection, self.contract, self.codes, batch)
        staging.fill()
        fit = self._fit_by_rows(batch, staging)
        quarantined = (
            staging.rename_quarantined() if is_renamed else staging.quarantine(self.run.number, self.run.id)
        )
        duplicate = staging.take_duplicates(self.run.number)
        accepted = staging.insert(self.run.number)
        read = staging.read
        if read != accepted + quarantined + duplicate or (is_renamed and accepted):
            raise ValueError(
                f"{self.contract.source}.{self.contract.name} does not add up: {read} rows read, {accepted}"
                f" accepted, {quarantined} quarantined, {duplicate} duplicate"
            )
        ledger.write_loaded(self.connection, self.run, self.contract, fit)
        return Load(
            self.contract.source, self.contract.name, len(fit), 0, read, accepted, quarantined, duplicate
        )

    def _fit_by_rows(self, batch: Batch, staging: Staging) -> list[tuple[Inspected, int]]:
        """Takes out the files that prove unfit once their rows are counted; hands back the others with the
        count."""
        counted = staging.count()
        delivered = documents.delivered(self.connection) if self.contract.is_nested else {}
        sizes = [
            Sized(
                fit.found.file,
                fit.found.drop_date,
                counted.get(index, (0, []))[0],
                fit.has_manifest or fit.is_released or self.contract.volume_varies,
            )
            for index, fit in enumerate(batch.files)
        ]
        names = {sized.file for sized in sizes}
        before = [size for size in self._landed_sizes() if size.file not in names]
        usual = too_short([*before, *sizes], self.profile.days_off)
        fit_files = []
        for index, fit in enumerate(batch.files):
            rows, empty = counted.get(index, (0, []))
            unfit = self._torn(index) or _short_of_manifest(fit, delivered.get(index, rows))
            unfit = unfit or _short_of_usual(fit, rows, usual)
            if unfit is None and empty:
                unfit = renamed_key(self.connection, self.contract, index, empty)
            if unfit is None:
                fit_files.append((fit, rows))
            else:
                self._refuse(fit.found, unfit)
                staging.drop(index)
        return fit_files

    def _torn(self, file_index: int) -> Unfit | None:
        return documents.torn(self.connection, self.contract, file_index)

    def _landed_sizes(self) -> list[Sized]:
        return ledger.landed_sizes(self.connection, self.contract)

    def _misjudged(self) -> bool:
        """Whether a file that was landed earlier would be too short, now that all files before it are
        here."""
        return bool(too_short(self._landed_sizes(), self.profile.days_off))


def _short_of_manifest(fit: Inspected, rows: int) -> Unfit | None:
    if fit.expected_rows is None or fit.expected_rows == rows:
        return None
    return Unfit(say("rows_differ", rows=rows, stated=fit.expected_rows), say("again_with_manifest"))


def _short_of_usual(fit: Inspected, rows: int, usual: dict[str, float]) -> Unfit | None:
    if fit.found.file not in usual:
        return None
    return Unfit(
        say("fewer_than_usual", rows=rows, usual=f"{usual[fit.found.file]:g}"),
        say("again_or_vouch", name=f"{fit.found.path.name}{RELEASE_SUFFIX}"),
    )


def _batches(files: Sequence[Inspected], contract: TableContract) -> list[Batch]:
    """Files in the order of their drop dates, cut where the header or the files' types change or a batch grows too
    large for memory."""
    ordered = sorted(files, key=lambda fit: (fit.found.recorded_at, fit.found.file))
    batches = []
    for (header, types), group in groupby(ordered, key=lambda fit: (fit.header, fit.types)):
        names = header or tuple(column.name for column in contract.columns)
        held: list[Inspected] = []
        size = 0
        for fit in group:
            if held and size + fit.found.bytes > BATCH_BYTES:
                batches.append(Batch(tuple(held), names, is_typed=bool(types)))
                held, size = [], 0
            held.append(fit)
            size += fit.found.bytes
        batches.append(Batch(tuple(held), names, is_typed=bool(types)))
    return batches
