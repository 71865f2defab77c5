"""Quoting for SQL that is put together from a profile. Values are bound; only names and contract constants
come here."""


def name(identifier: str) -> str:
    """An identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A constant of a contract as an SQL string; never for a value out of the data."""
    return "'" + value.replace("'", "''") + "'"


def landed_name(source: str, table: str) -> str:
    """The landed table of a source table, for FROM: landing."erp__orders"."""
    return f"landing.{name(f'{source}__{table}')}"
