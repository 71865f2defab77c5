"""What is expected of each table, as data: from the contracts for what is landed, from quality_rules.yml for
the marts.

Belongs here: which rules there are. Not here: how they are evaluated (quality.py).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from dagster_project import sources
from dagster_project.lib.warehouse import literal, quoted
from dagster_project.sources.contracts import Column

Severity = Literal["block", "warn"]
PROVENANCE = ("_row_hash", "_load_seq", "_load_id", "_file", "_record", "_recorded_at")
MART_RULES = Path(__file__).with_name("quality_rules.yml")

# A share of refused rows says more than a count: over the first, a person should look; over the second, a
# format changed.
QUARANTINE_WARN_SHARE = 0.05
QUARANTINE_BLOCK_SHARE = 0.5
QUARANTINE_BLOCK_ROWS = 100


@dataclass(frozen=True)
class Rule:
    """One expectation of one table. `broken` is the SQL condition of
    a row, `this`, that breaks it. `about`: the landed table that a rule over the loads is about.
    """

    schema: str
    table: str
    name: str
    kind: Literal["not_null", "unique", "accepted", "rows"]
    severity: Severity
    says: str
    columns: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    broken: str = ""
    about: str = ""

    @property
    def shown_at(self) -> tuple[str, str]:
        """Schema and table of the asset at which the verdict is shown."""
        return ("landing", self.about) if self.about else (self.schema, self.table)

    @property
    def identity(self) -> str:
        """One of its kind among all rules."""
        return ".".join(part for part in (self.schema, self.table, self.about, self.name) if part)


def landing_rules(profile: sources.Profile) -> list[Rule]:
    """Of every landed table of the profile, and of this run's loads."""
    rules = []
    for source, name in profile.tables:
        table = f"{source}__{name}"
        rules += _load_rules(source, name)
        rules += [
            Rule(
                "landing",
                table,
                f"{column}_given",
                "not_null",
                "block",
                f"{column} must be given.",
                (column,),
            )
            for column in PROVENANCE
        ]
        said = "A row lands once: the same content twice would count twice."
        rules.append(Rule("landing", table, "lands_once", "unique", "block", said, ("_row_hash",)))
        for column in profile.contract(source, name).columns:
            rules += _contract_rules(table, column)
    return rules


def mart_rules() -> list[Rule]:
    """Of every mart, from quality_rules.yml."""
    rules = []
    for table, given in _mart_file().items():
        if grain := tuple(given.get("unique", ())):
            says = f"One row for each {' × '.join(grain)}."
            rules.append(Rule("marts", table, "one_row_each", "unique", "block", says, grain))
        rules += [
            Rule("marts", table, rule["name"], "rows", rule["severity"], rule["says"], broken=rule["broken"])
            for rule in given.get("rules", ())
        ]
    return rules


@cache
def _mart_file() -> dict[str, Any]:
    return yaml.safe_load(MART_RULES.read_text(encoding="utf-8"))


def _contract_rules(table: str, column: Column) -> list[Rule]:
    name, rules = column.name, []
    if column.required:
        says = f"{name} is required by the contract."
        rules.append(Rule("landing", table, f"{name}_given", "not_null", "block", says, (name,)))
    if column.accepted:
        says = f"{name} is one of the values the contract accepts."
        accepted = tuple(column.accepted)
        rules.append(
            Rule("landing", table, f"{name}_accepted", "accepted", "block", says, (name,), accepted=accepted)
        )
    if column.minimum is not None or column.maximum is not None:
        says = f"{name} lies within the contract's limits."
        limits = [("<", column.minimum), (">", column.maximum)]  # SQL constants of the column's type
        broken = " or ".join(f"{quoted(name)} {sign} {limit}" for sign, limit in limits if limit is not None)
        rules.append(Rule("landing", table, f"{name}_within", "rows", "block", says, (name,), broken=broken))
    return rules


def _load_rules(source: str, name: str) -> list[Rule]:
    """Of the loads of one source table, shown at its landed table."""
    about = f"source = {literal(source)} and table_name = {literal(name)}"
    fresh = f"{about} and run_number = (select run_number from meta.run)"
    warn, block = f"{QUARANTINE_WARN_SHARE:.0%}", f"{QUARANTINE_BLOCK_SHARE:.0%}"
    given: list[tuple[str, Severity, str, str]] = [
        (
            "rows_add_up",
            "block",
            "Every row read is accepted, quarantined or a duplicate.",
            f"{about} and rows_read <> rows_accepted + rows_quarantined + rows_duplicate",
        ),
        (
            "few_rows_quarantined",
            "warn",
            f"Over {warn} of the new rows were quarantined: read meta.quarantine.",
            f"{fresh} and rows_quarantined > {QUARANTINE_WARN_SHARE} * rows_read",
        ),
        (
            "format_unchanged",
            "block",
            f"Over {block} of the new rows were quarantined: the format has changed.",
            f"{fresh} and rows_read >= {QUARANTINE_BLOCK_ROWS}"
            f" and rows_quarantined > {QUARANTINE_BLOCK_SHARE} * rows_read",
        ),
        (
            "no_file_refused",
            "warn",
            "A file was refused whole: meta.files says why, and what to do.",
            f"{fresh} and files_refused > 0",
        ),
    ]
    return [
        Rule("meta", "loads", rule, "rows", severity, says, broken=broken, about=f"{source}__{name}")
        for rule, severity, says, broken in given
    ]
