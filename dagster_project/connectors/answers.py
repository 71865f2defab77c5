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

    An error in JSON, or an answer of another shape, would pass for one without records. One that says by its `success`
    that it is none may leave the list out.
    """
    if contract.is_nested:
        return "true"  # kept whole: what is within is judged when it lands
    records = str(pull.settings.get("records", "$[*]"))
    at = re.split(r"\[\*\]|\.\*", records, maxsplit=1)[0]
    type_ = "OBJECT" if records[len(at) :].startswith(".*") else "ARRAY"
    found = f"json_type(body, {sql.text(at)})"
    if success := said_of_success(pull):
        is_said = f"coalesce(json_extract_string(body, {sql.text(success[0])}), '') = {sql.text(success[1])}"
        return f"{is_said} AND coalesce({found}, 'NULL') IN ('{type_}', 'NULL')"
    holds = f"coalesce({found}, '') IN ('{type_}', 'NULL')"
    total = pull.settings.get("pages", {}).get("total")
    return (
        f"{holds} OR coalesce(json_extract_string(body, {sql.text(str(total))}), '') = '0'"
        if total
        else holds
    )


def said_of_success(pull: Pull) -> tuple[str, str] | None:
    """Where an answer says that it is no error, and what it says there; None if the service says it by its status."""
    for at, value in pull.settings.get("success", {}).items():
        return str(at), str(value).lower() if isinstance(value, bool) else str(value)
    return None


def outline(body: str) -> str:
    """The outermost names of a document, with what is short beside them, for there an error says what it is."""
    document = json.loads(body)
    if not isinstance(document, dict):
        return "it is a list" if isinstance(document, list) else "it is a value"
    told = [name if isinstance(value, dict | list) else f"{name}={value}" for name, value in document.items()]
    return ", ".join(told)[:200] or "it is empty"
