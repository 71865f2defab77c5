"""One round: new drops are landed and mapped, what is kept gets its figures, the small file is written.

Belongs here: the order of it, and what a source that failed means for its figures. How they are kept is keep.sql.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project import sources
from dagster_project.live import drops
from dagster_project.live.small_file import HERE, SmallFile
from dagster_project.live.told import Asked, Made
from dagster_project.settings import Settings
from dagster_project.sources import sql
from dagster_project.sources.connections import Pull
from dagster_project.sources.contracts import TableContract
from dagster_project.sources.entities import STOCK

VERSION = 1  # raised when what is kept between rounds changes its form
MEMORY = "512MB"
PRUNED_EVERY = 60  # rounds
REFUSED_KEPT = 100  # drops of a source that could not be landed: each round tries them again
BOOKS_KEPT = 100  # rounds whose loads stay in the books
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
            small = SmallFile(
                self.duck, self.settings, self.profile, self.asked, self.errors, self._now, self.tracks_kept
            )
            made = small.publish(number, clock, began)
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
            there = drops.of(self.source_dir, contract, name)
            hashes = [drops.hash_of(path) for path in there]
            if self.is_first:
                news[name] = (one, pull)
            elif not self._rows(one, pull):
                if pull.is_whole:
                    news[name] = (one, pull)
            elif hashes[-1] != known.get(name):
                news[name] = (one, pull)
            elif hashes[:-1] == [known[name]]:
                drops.remove(self.duck, self.source_dir, contract, there[1:])
        return news

    def _note(self, contract: TableContract, names: list[str]) -> None:
        for name in names:
            if there := drops.of(self.source_dir, contract, name):
                self.duck.execute(
                    "INSERT OR REPLACE INTO kept.drops VALUES ($1, $2, $3)",
                    [name, contract.name, drops.hash_of(there[-1])],
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
                there = drops.of(self.source_dir, contract, name)
                is_gone = name in empty and contract.volume_varies
                drops.remove(self.duck, self.source_dir, contract, there if is_gone else there[:-1])
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
        named = ((drops.NAME.fullmatch(Path(refusal.file).name), refusal.reason) for refusal in load.refused)
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

    # --- pruning ------------------------------------------------------------------------------------------------

    def _clear_drops(self) -> None:
        """Of sources that are not being fetched, all drops but the newest: it holds the cursor."""
        for one in self.asked:
            if one.has_ended:
                for pull in one.connection.pulls:
                    contract = self.profile.contract(one.connection.source, pull.table)
                    kept = REFUSED_KEPT if one.connection.name in self.errors else 1
                    there = drops.of(self.source_dir, contract, one.connection.name)
                    drops.remove(self.duck, self.source_dir, contract, there[:-kept])

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
