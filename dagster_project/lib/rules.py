"""What is expected of each table, as data: from the contracts for what is landed, from quality_rules.yml for
the marts.

Belongs here: which rules there are, over which rows of a table. Not here: how they are evaluated (quality.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from dagster_project import sources
from dagster_project.lib.memory import REBUILD_MEMORY
from dagster_project.lib.warehouse import literal, quoted
from dagster_project.sentences import Sentence, listed, say
from dagster_project.sources.contracts import Column

Severity = Literal["block", "warn"]
PROVENANCE = ("_row_hash", "_load_seq", "_load_id", "_file", "_record", "_recorded_at")
LANDED = "_load_seq > {since}"
MART_RULES = Path(__file__).with_name("quality_rules.yml")

# A share of refused rows says more than a count: over the first, a person should look; over the second, a
# format changed.
QUARANTINE_WARN_SHARE = 0.05
QUARANTINE_BLOCK_SHARE = 0.5
QUARANTINE_BLOCK_ROWS = 100


@dataclass(frozen=True)
class Rule:
    """One expectation of one table. `broken`: the SQL condition of a row, `this`, that breaks it; `names`:
    the columns by which the reader is told such rows; `night`: the SQL condition of the rows that a night brought
    or touched (`{since}` is the last run that was checked and published), without one every night looks at all.
    """

    schema: str
    table: str
    name: str
    kind: Literal["unique", "rows"]
    severity: Severity
    says: Sentence
    columns: tuple[str, ...] = ()
    broken: str = ""
    names: tuple[str, ...] = ()
    night: str = ""

    @property
    def identity(self) -> str:
        """One of its kind among all rules."""
        return f"{self.schema}.{self.table}.{self.name}"


@dataclass(frozen=True)
class Scope:
    """What is checked: all rows, or those brought or touched `since` a run of which all is checked and published; of
    `unchanged` tables none. `memory`: what DuckDB may hold meanwhile.
    """

    since: int
    is_whole: bool
    unchanged: frozenset[tuple[str, str]] = frozenset()
    memory: str = REBUILD_MEMORY

    def batch(self, rule: Rule) -> str:
        """The query whose rows a rule's table is checked by."""
        query = f"select * from {quoted(rule.schema, rule.table)}"
        if self.is_whole or not rule.night:
            return query
        return f"{query} where {rule.night.format(since=self.since)}"


def landing_rules(profile: sources.Profile) -> list[Rule]:
    """Of every landed table of the profile, and of the loads."""
    rules = _load_rules()
    for source, name in profile.tables:
        table, columns = f"{source}__{name}", profile.contract(source, name).columns
        required = [column.name for column in columns if column.required]
        given: list[tuple[str, Sentence, list[str]]] = [
            ("provenance_given", say("provenance_given"), _nulls(PROVENANCE)),
            ("required_given", say("required_given", names=listed(required)), _nulls(required)),
            ("within_contract", say("within_contract"), _outside(columns)),
        ]
        rules += [
            Rule("landing", table, rule, "rows", "block", says, broken=" or ".join(broken), night=LANDED)
            for rule, says, broken in given
            if broken
        ]
        once = say("lands_once")
        rules.append(
            Rule("landing", table, "lands_once", "unique", "block", once, ("_row_hash",), night=LANDED)
        )
    return rules


def mart_rules() -> list[Rule]:
    """Of every mart, from quality_rules.yml."""
    rules = []
    for table, given in _mart_file().items():
        if grain := tuple(given.get("unique", ())):
            says = say("one_row_each", key=" × ".join(grain))
            rules.append(
                Rule(
                    "marts",
                    table,
                    "one_row_each",
                    "unique",
                    "block",
                    says,
                    grain,
                    night=given.get("night", ""),
                )
            )
        rules += [
            Rule(
                *("marts", table, rule["name"], "rows", rule["severity"]),
                Sentence(rule["says"], rule["says_zh"]),
                broken=rule["broken"],
                night=given.get("night", ""),
            )
            for rule in given.get("rules", ())
        ]
    return rules


@cache
def _mart_file() -> dict[str, Any]:
    return yaml.safe_load(MART_RULES.read_text(encoding="utf-8"))


def _nulls(columns: Sequence[str]) -> list[str]:
    return [f"{quoted(column)} is null" for column in columns]


def _outside(columns: Sequence[Column]) -> list[str]:
    """Conditions of values beyond the contract's limits, which are SQL constants of the column's type."""
    conditions = []
    for column in columns:
        name = quoted(column.name)
        limits = [("<", column.minimum), (">", column.maximum)]
        conditions += [f"{name} {sign} {limit}" for sign, limit in limits if limit is not None]
        if column.accepted:
            conditions.append(f"{name} not in ({', '.join(map(literal, column.accepted))})")
    return conditions


def _load_rules() -> list[Rule]:
    fresh = "run_number = (select run_number from meta.run)"
    given: list[tuple[str, Severity, Sentence, str]] = [
        (
            "rows_add_up",
            "block",
            say("rows_add_up"),
            "rows_read <> rows_accepted + rows_quarantined + rows_duplicate",
        ),
        (
            "few_rows_quarantined",
            "warn",
            say("few_rows_quarantined", share=f"{QUARANTINE_WARN_SHARE:.0%}"),
            f"{fresh} and rows_quarantined > {QUARANTINE_WARN_SHARE} * rows_read",
        ),
        (
            "format_unchanged",
            "block",
            say("format_unchanged", share=f"{QUARANTINE_BLOCK_SHARE:.0%}"),
            f"{fresh} and rows_read >= {QUARANTINE_BLOCK_ROWS}"
            f" and rows_quarantined > {QUARANTINE_BLOCK_SHARE} * rows_read",
        ),
        (
            "no_file_refused",
            "warn",
            say("no_file_refused"),
            f"{fresh} and files_refused > 0",
        ),
    ]
    return [
        Rule("meta", "loads", rule, "rows", severity, says, broken=broken, names=("source", "table_name"))
        for rule, severity, says, broken in given
    ]
