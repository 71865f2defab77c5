"""What an answer in JSON holds: where its records are, whether there are any to be had, and an outline to be told."""

import json
import re

from dagster_project.sources import sql
from dagster_project.sources.connections import Pull
from dagster_project.sources.contracts import TableContract


def path(pull: Pull, contract: TableContract) -> str:
    """Where the records of an answer are."""
    return sql.text(str(pull.settings.get("records", "$" if contract.is_nested else "$[*]")))


def is_list(pull: Pull, contract: TableContract) -> str:
    """Whether an answer holds a list where the records are to be, as SQL; of none a service may say null, or count 0.

    An error in JSON, or an answer of another shape, would pass for one without records.
    """
    if contract.is_nested:
        return "true"  # kept whole: what is within is judged when it lands
    records = str(pull.settings.get("records", "$[*]"))
    at = re.split(r"\[\*\]|\.\*", records, maxsplit=1)[0]
    type_ = "OBJECT" if records[len(at) :].startswith(".*") else "ARRAY"
    holds = f"coalesce(json_type(body, {sql.text(at)}), '') IN ('{type_}', 'NULL')"
    total = pull.settings.get("pages", {}).get("total")
    return (
        f"{holds} OR coalesce(json_extract_string(body, {sql.text(str(total))}), '') = '0'"
        if total
        else holds
    )


def outline(body: str) -> str:
    """The outermost names of a document, with what is short beside them, for there an error says what it is."""
    document = json.loads(body)
    if not isinstance(document, dict):
        return "it is a list" if isinstance(document, list) else "it is a value"
    told = [name if isinstance(value, dict | list) else f"{name}={value}" for name, value in document.items()]
    return ", ".join(told)[:200] or "it is empty"
