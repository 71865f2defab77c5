"""The company a night saw: the canonical rows and reference tables of a build file, as the oracle takes
them.
"""

import duckdb

from dagster_project.settings import Settings
from oracle.company import ENTITIES, Company, Row
from oracle.night import read

PROVENANCE = ("load_seq", "load_id", "file", "record")
REFERENCE = ("places", "carriers", "order_types", "route_milestones", "standards")


def as_recorded(connection: duckdb.DuckDBPyConnection, entity: str) -> list[Row]:
    rows = read(connection, f'select * from canonical."{entity}"')
    return [{name: value for name, value in row.items() if name not in PROVENANCE} for row in rows]


def company_of(settings: Settings) -> Company:
    """Everything the models were given. The rules are the profile's, as the run wrote them down."""
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        (run,) = read(connection, "select * from meta.run")
        return Company(
            run["as_of"],
            {entity: as_recorded(connection, entity) for entity in ENTITIES},
            {table: read(connection, f'select * from reference."{table}"') for table in REFERENCE},
            run["timezone"],
            run["promise_limit"],
            run["sign_rule"],
        )
