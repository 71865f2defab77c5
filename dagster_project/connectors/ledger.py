"""Who is to be asked: a carrier's open waybills, and when each had its turn.

The numbers are those of the published file, which can be read while a night runs. Whose turn it was is kept beside the
drops, round by round: who was not reached in one comes first in the next, before those that are due sooner.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.connectors.drops import Drops
from dagster_project.sources import sql
from dagster_project.sources.lengths import parsed_length

DAYS = 30


class Ledger:
    """Which numbers are open, in the order in which they are asked, and what became of them."""

    def __init__(
        self, duck: duckdb.DuckDBPyConnection, published: Path, settings: dict[str, Any], drops: Drops
    ) -> None:
        self.duck = duck
        self.file = drops.folder / f".{drops.connection}-asked.parquet"
        self.outcomes: dict[tuple[str, str], str] = {}
        given = settings["carriers"]
        names = (
            given if isinstance(given, dict) else dict.fromkeys([given] if isinstance(given, str) else given)
        )
        self.names = {str(carrier): str(name or carrier) for carrier, name in names.items()}
        apart = parsed_length(str(settings["apart"])).total_seconds() if "apart" in settings else 0
        self._open(published, int(settings.get("days", DAYS)), apart)

    def _open(self, published: Path, days: int, apart: float) -> None:
        """Fill `asked`: the open waybills, those first that have waited for most rounds, then those due soonest.

        A new number counts as asked in the round before, so that it passes nobody who was left out.

        Raises:
            ValueError: a carrier is none of the company's.
        """
        self.duck.execute(
            """
            CREATE OR REPLACE TEMP TABLE asked (
                carrier VARCHAR, waybill VARCHAR, due_at TIMESTAMPTZ, round BIGINT, asked_at TIMESTAMPTZ, said VARCHAR
            );
            CREATE OR REPLACE TEMP TABLE known AS FROM asked
            """
        )
        if self.file.exists():
            self.duck.execute(f"INSERT INTO known BY NAME FROM read_parquet({sql.text(str(self.file))})")
        (last,) = self.duck.execute("SELECT coalesce(max(round), 0) FROM known").fetchone()  # type: ignore[misc]
        self.round = last + 1
        if not published.exists():
            return
        self.duck.execute(f"ATTACH {sql.text(str(published))} AS published (READ_ONLY)")
        try:
            known = {
                row[0]
                for row in self.duck.execute("SELECT carrier FROM published.marts.dim_carriers").fetchall()
            }
            if strange := sorted(self.names.keys() - known):
                raise ValueError(
                    f"{', '.join(strange)} is no carrier of the company, which has {', '.join(sorted(known))}"
                )
            self.duck.execute(
                """
                INSERT INTO asked
                SELECT w.carrier, w.waybill, min(s.promised_at) AS due_at,
                    coalesce(any_value(k.round), $round - 1) AS round, any_value(k.asked_at), any_value(k.said)
                FROM published.marts.dim_waybills AS w
                INNER JOIN published.marts.fct_suborders AS s USING (fulfilment_code)
                LEFT JOIN known AS k ON k.carrier = w.carrier AND k.waybill = w.waybill
                WHERE w.carrier IN (SELECT unnest($carriers))
                    AND s.signed_at IS NULL AND s.closed_at IS NULL AND NOT s.is_cancelled
                    AND coalesce(s.outbound_at, s.placed_at)
                        >= (SELECT as_of FROM published.meta.run) - to_days(CAST($days AS INTEGER))
                GROUP BY w.carrier, w.waybill
                ORDER BY round, due_at, w.waybill
                """,
                {"round": self.round, "carriers": list(self.names), "days": days},
            )
        finally:
            self.duck.execute("DETACH published")
        if apart:
            self.duck.execute("DELETE FROM asked WHERE asked_at > $1", [_ago(apart)])

    def waiting(self) -> list[tuple[str, str]]:
        """Carrier and number, in order."""
        return self.duck.execute(
            "SELECT carrier, waybill FROM asked ORDER BY round, due_at NULLS LAST, waybill"
        ).fetchall()

    def note(self, carrier: str, numbers: Sequence[str], said: str) -> None:
        """What became of numbers: `answered`, or why not."""
        self.outcomes.update({(carrier, number): said for number in numbers})

    def keep(self) -> None:
        """Write down who was asked; only after what they brought is kept, so a kill asks twice and loses nothing."""
        if not self.outcomes:
            return
        self.duck.execute(
            """
            UPDATE asked SET round = $round, asked_at = now(), said = news.said
            FROM (
                SELECT unnest($carriers) AS carrier, unnest($numbers) AS waybill, unnest($said) AS said
            ) AS news
            WHERE asked.carrier = news.carrier AND asked.waybill = news.waybill AND asked.round < $round
            """,
            {
                "round": self.round,
                "carriers": [carrier for carrier, _ in self.outcomes],
                "numbers": [number for _, number in self.outcomes],
                "said": list(self.outcomes.values()),
            },
        )
        self.file.parent.mkdir(parents=True, exist_ok=True)
        hidden = self.file.with_name(self.file.name + ".new")
        # what is not asked now may be open again later: a number asked too lately stands in `known` alone
        self.duck.execute(
            f"""
            COPY (FROM asked UNION ALL BY NAME SELECT * FROM known AS k WHERE asked_at > $1
                AND NOT EXISTS (FROM asked AS a WHERE a.carrier = k.carrier AND a.waybill = k.waybill))
            TO {sql.text(str(hidden))} (FORMAT parquet)
            """.replace("$1", sql.text(_ago(DAYS * 86_400).isoformat()) + "::TIMESTAMPTZ")
        )
        hidden.replace(self.file)


def _ago(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() - seconds, UTC)
