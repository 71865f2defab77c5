"""The dry run of a profile: lands into a throw-away database and shows what was understood."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from .canonical import build_views
from .entities import ENTITIES, STOCK
from .landing import Run, land
from .profile import Profile, ProfileError, load_profile
from .tables import prepare

_ROWS = 3


def profile_check(profile_dir: Path, source_dir: Path, write: Callable[[str], object] = print) -> bool:
    """Loads a profile and its files into a database that is thrown away and writes what each table and
    entity understood.

    Returns:
        False if the profile has mistakes, a file was refused, or a table has none.
    """
    try:
        profile = load_profile(profile_dir)
    except ProfileError as error:
        for line in error.told(Path(profile_dir).name):
            write(line)
        return False
    refused, missing = 0, 0
    # In a file rather than in memory: a source may be larger than the machine's.
    with TemporaryDirectory() as folder, duckdb.connect(Path(folder) / "check.duckdb") as connection:
        connection.execute("SET TimeZone = $1", [profile.timezone])
        prepare(connection, profile, Path(source_dir))
        write(f"Profile {profile.name}: {len(profile.tables)} source tables below {source_dir}")
        for pack in profile.packs:
            told = (
                ""
                if pack.is_verified
                else " (unverified: its document could not be read; compare its answers)"
            )
            write(f"  uses {pack.name}: {pack.title.get('en', pack.name)}{told}")
        for table in profile.tables:
            load = land(connection, profile, table, Path(source_dir), Run(1, "check"))
            refused += load.files_refused
            write(
                f"  {'.'.join(table)}: {load.files} files, {load.rows_read} rows ="
                f" {load.rows_accepted} accepted + {load.rows_quarantined} quarantined"
                f" + {load.rows_duplicate} duplicate"
            )
            if not load.files and not load.files_refused:
                contract = profile.contract(*table)
                missing += 1
                write(
                    f"    {contract.file}:{contract.line}: no file matches {', '.join(contract.files)}"
                    f" below {source_dir}."
                    f" {_remedy(profile, table)} one there, or correct `files:` or SOURCE."
                )
            for refusal in load.refused:
                write(f"    refused: {refusal.file}: {refusal.reason}. {refusal.remedy}.")
            _write_reasons(connection, table, write)
        build_views(connection, profile)
        for entity in (entity for entity in ENTITIES if entity != STOCK):
            _write_entity(connection, profile.has(entity), entity, write)
    return refused == 0 and missing == 0


def _remedy(profile: Profile, table: tuple[str, str]) -> str:
    """How a table without a file gets one: it may be fetched."""
    names = [
        one.name
        for one in profile.connections
        if one.source == table[0] and one.kind != "push" and table[1] in {pull.table for pull in one.pulls}
    ]
    return f"Fetch it by make fetch NAME={names[0]}, put" if names else "Put"


def _write_reasons(
    connection: duckdb.DuckDBPyConnection, table: tuple[str, str], write: Callable[[str], object]
) -> None:
    reasons = connection.execute(
        """
        SELECT regexp_replace(reason, '^(Line|Row) [0-9]+: ', '') AS why, count(*),
            min_by(file || ':' || record, record)
        FROM meta.quarantine WHERE source = $1 AND table_name = $2
        GROUP BY why ORDER BY count(*) DESC, why LIMIT 5
        """,
        list(table),
    ).fetchall()
    for why, rows, place in reasons:
        write(f"    quarantined {rows}x, first {place}: {why}")


def _write_entity(
    connection: duckdb.DuckDBPyConnection, is_fed: bool, entity: str, write: Callable[[str], object]
) -> None:
    if not is_fed:
        write(f"  canonical.{entity}: not fed by this profile")
        return
    (rows,) = connection.execute(f"SELECT count(*) FROM canonical.{entity}").fetchone()  # type: ignore[misc]
    write(f"  canonical.{entity}: {rows} rows")
    if entity == "events":
        types = connection.execute(
            "SELECT event_type, count(*) FROM canonical.events GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        write("    " + ", ".join(f"{event_type} {count}" for event_type, count in types))
    shown = connection.execute(f"SELECT * FROM canonical.{entity} LIMIT {_ROWS}")
    names = [column[0] for column in shown.description or []]
    for row in shown.fetchall():
        given = ", ".join(
            f"{name}={value}" for name, value in zip(names, row, strict=True) if value is not None
        )
        write(f"    {given}")
