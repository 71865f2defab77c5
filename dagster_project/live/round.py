"""One round: new drops are landed and mapped, what is kept gets its figures, the small file is written and swapped.

Belongs here: the order of it and what a source that failed means for its figures. What is kept and published of them is
SQL, beside this file.
"""

import json
import os
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import yaml

from dagster_project import sources
from dagster_project.connectors.fetch import State
from dagster_project.disk import sync
from dagster_project.settings import Settings
from dagster_project.sources import sql
from dagster_project.sources.connections import Connection, Pull
from dagster_project.sources.contracts import TableContract
from dagster_project.sources.entities import STOCK
from dagster_project.sources.files import MANIFEST_SUFFIX

VERSION = 2  # raised when what is kept between rounds changes its form
MEMORY = "512MB"
PRUNED_EVERY = 60  # rounds
REFUSED_KEPT = 100  # drops of a source that could not be landed: each round tries them again
BOOKS_KEPT = 100  # rounds whose loads stay in the books
HERE = Path(__file__).parent
_DROP = re.compile(r"([a-z][a-z0-9_]*)-\d{8}T\d{12}Z\.\w+")  # as connections name their drops
_KEPT = """
    CREATE SCHEMA IF NOT EXISTS kept;
    CREATE TABLE IF NOT EXISTS kept.round (number BIGINT);
    CREATE TABLE IF NOT EXISTS kept.answers (connection VARCHAR PRIMARY KEY, seen_at TIMESTAMPTZ);
    CREATE TABLE IF NOT EXISTS kept.drops (
        connection VARCHAR, table_name VARCHAR, sha256 VARCHAR, PRIMARY KEY (connection, table_name));
    CREATE TABLE IF NOT EXISTS kept.stock (
        connection VARCHAR, table_name VARCHAR, sku VARCHAR, product VARCHAR, place VARCHAR, on_hand BIGINT,
        locked BIGINT, available BIGINT, in_transfer BIGINT, changed_at TIMESTAMPTZ, seen_at TIMESTAMPTZ,
        is_doubted BOOLEAN);
"""


@dataclass(frozen=True)
class Asked:
    """A connection and what is known of it. `has_ended`: it answered, or failed, since the last round; `waiting`: for
    how many seconds an answer has been outstanding."""

    connection: Connection
    state: State
    has_ended: bool
    waiting: float | None


@dataclass(frozen=True)
class Made:
    """What a round came to. `oldest`: age of its oldest figure when it was published; None: no figure."""

    number: int
    seconds: float
    answered: int
    connections: int
    oldest: float | None
    said: tuple[str, ...] = ()

    def __str__(self) -> str:
        oldest = "no figure yet" if self.oldest is None else f"oldest figure {self.oldest:.1f} s"
        return (
            f"round {self.number}: {self.seconds:.1f} s, {self.answered} of {self.connections} sources answered,"
            f" {oldest}"
        )


@dataclass
class Round:
    """What a round is told. `is_first`: of this loop, so everything is looked at anew."""

    settings: Settings
    profile: sources.Profile
    asked: list[Asked]
    is_first: bool
    tracks_kept: timedelta
    errors: dict[str, str] = field(default_factory=dict)
    same: list[tuple[str, str, str | None]] = field(default_factory=list)

    def do(self) -> Made:
        """Raises whatever went wrong but for a source; the small file is then as it was."""
        began, clock = time.monotonic(), datetime.now(UTC)
        self.folder = self.settings.home / "live"
        self.source_dir = self.folder / "source"
        config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": MEMORY, "threads": 2}
        with duckdb.connect(str(self.folder / "build.duckdb"), config=config) as self.duck:
            self.duck.execute("SET TimeZone = $1", [self.profile.timezone])
            if self.is_first:
                sources.prepare(self.duck, self.profile, self.source_dir)
                sources.build_views(self.duck, self.profile)
                self.duck.execute(_KEPT)
            number = self._number()
            self._land(sources.Run(number, f"round-{number}"))
            self._answers()
            made = self._publish(number, clock, began)
            self._clear_drops()
            if self.is_first or number % PRUNED_EVERY == 0:
                self._prune(number)
        return made

    def _number(self) -> int:
        self.duck.execute("INSERT INTO kept.round SELECT 0 WHERE NOT EXISTS (FROM kept.round)")
        ((number,),) = self.duck.execute(
            "UPDATE kept.round SET number = number + 1 RETURNING number"
        ).fetchall()
        return int(number)

    @property
    def _now(self) -> datetime:
        return self.settings.as_of or datetime.now(UTC)

    # --- landing ------------------------------------------------------------------------------------------------

    def _land(self, run: sources.Run) -> None:
        """Land each table of which a drop has come; a table that fails is its sources' error."""
        stock = {table for feed in self.profile.feeds[STOCK] for table in feed.tables}
        for contract in self.profile.contracts:
            table = (contract.source, contract.name)
            came = {
                one.connection.name: (one, pull)
                for one in self.asked
                if one.has_ended and one.connection.source == contract.source
                for pull in one.connection.pulls
                if pull.table == contract.name and self._has_answered(one, pull)
            }
            try:
                news = self._news(contract, came)
                self.same += [
                    (name, contract.name, one.state.attempted_at)
                    for name, (one, _) in came.items()
                    if name not in news and table in stock
                ]
                if not news:
                    continue
                if table in stock:
                    self._land_stock(run, contract, news)
                else:
                    load = sources.land(self.duck, self.profile, table, self.source_dir, run)
                    failed = self._refusals(load)
                    self.errors |= {name: f"{table[1]}: {why}" for name, why in failed.items()}
                    self._note(contract, [name for name in news if name not in failed])
            except (duckdb.Error, OSError, ValueError) as error:
                for name in came:
                    self.errors[name] = f"{contract.name}: {' '.join(str(error).split())[:300]}"

    def _news(
        self, contract: TableContract, came: dict[str, tuple[Asked, Pull]]
    ) -> dict[str, tuple[Asked, Pull]]:
        """Those of which a drop says something else than the last one: in most rounds most say the same again."""
        known = dict(
            self.duck.execute(
                "SELECT connection, sha256 FROM kept.drops WHERE table_name = $1", [contract.name]
            ).fetchall()
        )
        news = {}
        for name, (one, pull) in came.items():
            drops = self._drops(contract, name)
            hashes = [_hash_of(path) for path in drops]
            if self.is_first:
                news[name] = (one, pull)
            elif not self._rows(one, pull):
                if pull.is_whole:
                    news[name] = (one, pull)
            elif hashes[-1] != known.get(name):
                news[name] = (one, pull)
            elif hashes[:-1] == [known[name]]:
                self._remove(contract, drops[1:])
        return news

    def _note(self, contract: TableContract, names: list[str]) -> None:
        for name in names:
            if drops := self._drops(contract, name):
                self.duck.execute(
                    "INSERT OR REPLACE INTO kept.drops VALUES ($1, $2, $3)",
                    [name, contract.name, _hash_of(drops[-1])],
                )

    def _has_answered(self, one: Asked, pull: Pull) -> bool:
        """Whether the last attempt came to an answer of this table."""
        told = one.state.tables.get(pull.table, {})
        return not told.get("error", "-") and told.get("asked_at") == one.state.attempted_at

    def _land_stock(
        self, run: sources.Run, contract: TableContract, came: dict[str, tuple[Asked, Pull]]
    ) -> None:
        """Stock is landed without what was there before: the figures that hold are kept, not their history."""
        empty = {name for name, (one, pull) in came.items() if pull.is_whole and not self._rows(one, pull)}
        for name, (_, pull) in came.items():
            if pull.is_whole:
                drops = self._drops(contract, name)
                self._remove(contract, drops if name in empty and contract.volume_varies else drops[:-1])
        self.duck.begin()
        sources.forget_table(self.duck, contract)
        self.duck.commit()
        load = sources.land(self.duck, self.profile, (contract.source, contract.name), self.source_dir, run)
        failed = self._refusals(load)
        if not contract.volume_varies:
            failed |= {name: "it answered without a row" for name in empty}
        self.errors |= {name: f"{contract.name}: {why}" for name, why in failed.items()}
        took = [
            (name, one.state.attempted_at, pull.is_whole)
            for name, (one, pull) in came.items()
            if name not in failed
        ]
        if took:
            self._keep(contract, took)

    def _rows(self, one: Asked, pull: Pull) -> int:
        return int(one.state.tables[pull.table].get("rows") or 0)

    def _keep(self, contract: TableContract, took: list[tuple[str, str | None, bool]]) -> None:
        """Give the figures that are kept those that came, in one transaction."""
        self.duck.execute(
            "CREATE OR REPLACE TEMP TABLE took (connection VARCHAR, seen_at TIMESTAMPTZ, is_whole BOOLEAN)"
        )
        self.duck.executemany("INSERT INTO took VALUES ($1, $2, $3)", took)
        self.duck.execute("SET VARIABLE source = $1", [contract.source])
        self.duck.execute("SET VARIABLE table_name = $1", [contract.name])
        self.duck.begin()
        try:
            self.duck.execute((HERE / "keep.sql").read_text(encoding="utf-8"))
            well = self.duck.execute("SELECT connection FROM took ANTI JOIN refused_text USING (connection)")
            self._note(contract, [name for (name,) in well.fetchall()])
            self.duck.commit()
        except BaseException:
            self.duck.rollback()
            raise
        for (name,) in self.duck.execute("SELECT connection FROM unfit").fetchall():
            self.errors[name] = f"{contract.name}: none of its rows keeps to the contract"

    def _refusals(self, load: sources.Load) -> dict[str, str]:
        """By connection, why an answer of it was refused whole."""
        named = ((_DROP.fullmatch(Path(refusal.file).name), refusal.reason) for refusal in load.refused)
        return {match[1]: reason for match, reason in named if match}

    def _answers(self) -> None:
        """When each source was last asked with success: figures that it said again held then."""
        well = [
            (one.connection.name, one.state.attempted_at)
            for one in self.asked
            if one.has_ended and not one.state.error and one.connection.name not in self.errors
        ]
        self.duck.begin()
        if well:
            self.duck.executemany("INSERT OR REPLACE INTO kept.answers VALUES ($1, $2)", well)
        for said in self.same:
            self.duck.execute(
                "UPDATE kept.stock SET seen_at = $3"
                " WHERE connection = $1 AND table_name = $2 AND NOT is_doubted",
                said,
            )
        self.duck.commit()

    # --- publishing ---------------------------------------------------------------------------------------------

    def _publish(self, number: int, began_at: datetime, began: float) -> Made:
        target = self.settings.published_file.parent / "live.duckdb"
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "draft.duckdb"
        for leftover in self.folder.glob("draft.duckdb*"):
            leftover.unlink()
        self.duck.execute(f"ATTACH {sql.text(str(draft))} AS small")
        is_known = self._attach_night()
        try:
            self._tell(number, began_at)
            self.duck.execute((HERE / "published.sql").read_text(encoding="utf-8"))
            self.duck.execute(comments())
            answered, oldest = self.duck.execute(
                """
                SELECT (SELECT count(*) FROM asked WHERE error = '' AND answered_at IS NOT NULL),
                    date_diff('ms', min(seen_at), now()) / 1000 FROM small.live.stock
                """
            ).fetchone()  # type: ignore[misc]
            seconds = round(time.monotonic() - began, 3)
            self.duck.execute("UPDATE small.live.run SET seconds = $1, published_at = now()", [seconds])
        finally:
            if is_known:
                self.duck.execute("DETACH night")
            self.duck.execute("DETACH small")
        sync(draft)
        os.replace(draft, target)
        sync(target.parent)
        said = self.duck.execute(
            "SELECT name || ': ' || error FROM asked WHERE error <> '' ORDER BY 1"
        ).fetchall()
        return Made(number, seconds, answered, len(self.asked), oldest, tuple(line for (line,) in said))

    def _attach_night(self) -> bool:
        """Which waybill carries which sub-order is known to the night; a night that never was knows nothing."""
        file = self.settings.published_file
        columns = ("carrier", "waybill", "fulfilment_code")
        known = f"SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in columns)} WHERE false"
        is_known = file.exists()
        if is_known:
            self.duck.execute(f"ATTACH {sql.text(str(file.resolve()))} AS night (READ_ONLY)")
            known = f"SELECT {', '.join(columns)} FROM night.marts.dim_waybills"
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW waybills AS {known}")
        return is_known

    def _tell(self, number: int, began_at: datetime) -> None:
        """What the script asks for beside the figures."""
        stock = {table for feed in self.profile.feeds[STOCK] for table in feed.tables}
        for name, value in (
            ("number", number),
            ("began_at", began_at),
            ("timezone", self.profile.timezone),
            ("now", self._now),
            ("tracks_since", self._now - self.tracks_kept),
            ("tells_transfers", self.profile.has_column(STOCK, "in_transfer")),
        ):
            self.duck.execute(f"SET VARIABLE {name} = $1", [value])
        self.duck.execute(
            "CREATE OR REPLACE TEMP TABLE asked (name VARCHAR, source VARCHAR, serves VARCHAR,"
            " attempted_at TIMESTAMPTZ, answered_at TIMESTAMPTZ, seconds DOUBLE, row_count BIGINT, error VARCHAR)"
        )
        rows = []
        for one in self.asked:
            connection, state = one.connection, one.state
            serves = {(connection.source, pull.table) in stock for pull in connection.pulls}
            error = self.errors.get(connection.name) or state.error
            if one.waiting is not None and one.waiting > connection.every.total_seconds():
                error = f"it has not answered for {one.waiting:.0f} s"
            rows.append(
                (
                    *(connection.name, connection.source, "stock" if True in serves else "tracks"),
                    *(state.attempted_at, state.succeeded_at, state.seconds),
                    sum(told.get("rows") or 0 for told in state.tables.values()),
                    error,
                )
            )
        self.duck.executemany("INSERT INTO asked VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
        masked = sources.masked_quarantine(self.profile)
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW refused_rows AS {masked}")

    # --- pruning ------------------------------------------------------------------------------------------------

    def _drops(self, contract: TableContract, connection: str) -> list[Path]:
        """The drops of a table by a connection, the newest last."""
        folder = self.source_dir / contract.source / contract.name
        found = folder.glob(f"*/{connection}-*Z.{contract.format}")
        return sorted((path for path in found if _DROP.fullmatch(path.name)), key=lambda path: path.name)

    def _clear_drops(self) -> None:
        """Of sources that are not being fetched, all drops but the newest: it holds the cursor."""
        for one in self.asked:
            if one.has_ended:
                for pull in one.connection.pulls:
                    contract = self.profile.contract(one.connection.source, pull.table)
                    kept = REFUSED_KEPT if one.connection.name in self.errors else 1
                    self._remove(contract, self._drops(contract, one.connection.name)[:-kept])

    def _remove(self, contract: TableContract, drops: list[Path]) -> None:
        """Remove drops and take them off the books, the books first: a file that is gone is not asked for."""
        if not drops:
            return
        files = [path.relative_to(self.source_dir).as_posix() for path in drops]
        self.duck.execute(
            "DELETE FROM meta.files WHERE source = $1 AND table_name = $2 AND list_contains($3, file)",
            [contract.source, contract.name, files],
        )
        for path in drops:
            path.unlink(missing_ok=True)
            path.with_name(path.name + MANIFEST_SUFFIX).unlink(missing_ok=True)

    def _prune(self, number: int) -> None:
        """Rows that no figure needs any more, so that a week costs what an hour does."""
        since = self._now - self.tracks_kept
        stock = {table for feed in self.profile.feeds[STOCK] for table in feed.tables}
        for source, name in self.profile.tables:
            if (source, name) not in stock:
                landed = sql.landed_name(source, name)
                self.duck.execute(f"DELETE FROM {landed} WHERE _recorded_at < $1", [since])
        self.duck.execute("DELETE FROM meta.quarantine WHERE run_number <= $1", [number - 8 * PRUNED_EVERY])
        self.duck.execute("DELETE FROM meta.loads WHERE run_number <= $1", [number - BOOKS_KEPT])
        self.duck.execute("CHECKPOINT")


def _hash_of(drop: Path) -> str:
    """What a drop's manifest says of its content."""
    manifest = drop.with_name(drop.name + MANIFEST_SUFFIX)
    return str(json.loads(manifest.read_text(encoding="utf-8"))["sha256"])


@cache
def comments() -> str:
    """The statements that say what the published tables and their columns hold."""
    said = yaml.safe_load((HERE / "tables.yml").read_text(encoding="utf-8"))
    lines = []
    for table, about in said.items():
        lines.append(f"COMMENT ON TABLE small.live.{table} IS {sql.text(about['about'])}")
        for column, text in about["columns"].items():
            lines.append(f"COMMENT ON COLUMN small.live.{table}.{sql.name(column)} IS {sql.text(text)}")
    return ";\n".join(lines)
