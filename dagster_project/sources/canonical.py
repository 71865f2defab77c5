"""The canonical layer: reference tables and views, made from a checked profile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb

from . import reference, sql, views
from .entities import ENTITIES
from .profile import Profile


def build_views(connection: duckdb.DuckDBPyConnection, profile: Profile) -> None:
    """(Re)creates `reference.*` tables and `canonical.*` views in one transaction; `prepare` has been
    called."""
    connection.begin()
    try:
        reference.load(connection, profile.references, profile.codes)
        for entity in ENTITIES:
            query = views.view(entity, profile.feeds.get(entity, ()))
            connection.execute(f"CREATE OR REPLACE VIEW canonical.{entity} AS {query}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def last_event_day_end(connection: duckdb.DuckDBPyConnection, profile: Profile) -> datetime | None:
    """End of the last local day on which an event occurred, as an instant with zone; None without events.

    An instant that ends a day belongs to the day it ends.
    """
    zone = ZoneInfo(profile.timezone)
    (last,) = connection.execute("SELECT max(occurred_at) FROM canonical.events").fetchone()  # type: ignore[misc]
    if last is None:
        return None
    local = last.astimezone(zone).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight if local == midnight else midnight + timedelta(days=1)).replace(tzinfo=zone)


def masked_quarantine(profile: Profile) -> str:
    """A SELECT over meta.quarantine with the values of personal columns replaced by '***', for publishing.

    A line that could not be cut into its columns is masked whole where its table has personal columns.
    """
    cases = []
    for contract in profile.contracts:
        # what of an answer a contract does not name may be anybody's name or telephone number
        if not contract.personal and not contract.is_nested:
            continue
        here = f"source = {sql.text(contract.source)} AND table_name = {sql.text(contract.name)}"
        # a row of many out of a document is written by its columns' names
        keys = {
            column.name if contract.is_nested else path.split(".")[1].strip('"')
            for column in contract.personal
            for path in column.paths
        } | {"line"}
        # Only keys that are there are replaced: a patch would add the others.
        patch = ", ".join(
            f'CASE WHEN json_exists("row", {sql.text(f"$.{sql.name(key)}")}) THEN '
            f"json_object({sql.text(key)}, '***') ELSE '{{}}' END"
            for key in sorted(keys)
        )
        cases.append(f'WHEN {here} THEN CAST(json_merge_patch("row", {patch}) AS VARCHAR)')
    masked = f'CASE {" ".join(cases)} ELSE "row" END' if cases else '"row"'
    return f'SELECT * REPLACE ({masked} AS "row") FROM meta.quarantine'
