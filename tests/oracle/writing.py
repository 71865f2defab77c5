"""Writes a company as the source files and the profile of the plain test profile, drop by drop."""

import csv
import shutil
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from oracle.company import Company, Row

PLAIN = Path(__file__).resolve().parent.parent / "profiles" / "plain"


def text(value: Any) -> str:
    """As the plain contracts read it: instants with offset, days as ISO, booleans as words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def write_rows(path: Path, columns: Iterable[str], rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(columns)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[text(row.get(name)) for name in names] for row in rows])


def write_profile(company: Company, folder: Path) -> Path:
    """The plain profile with this company's settings and reference tables."""
    shutil.copytree(PLAIN, folder)
    settings = yaml.safe_load((folder / "profile.yml").read_text(encoding="utf-8"))
    settings |= {
        "timezone": company.timezone,
        "promise_limit": company.promise_limit,
        "sign_rule": company.sign_rule,
    }
    (folder / "profile.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    for table, rows in company.reference.items():
        header = (PLAIN / "reference" / f"{table}.csv").read_text(encoding="utf-8").splitlines()[0]
        write_rows(folder / "reference" / f"{table}.csv", header.split(","), rows)
    return folder


def write_drop(rows: dict[str, list[Row]], source: Path, drop: date, name: str = "rows") -> None:
    """One nightly drop: a file an entity that has rows."""
    contract = yaml.safe_load((PLAIN / "contracts" / "plain.yml").read_text(encoding="utf-8"))
    for entity, of_entity in rows.items():
        if of_entity:
            columns = contract["tables"][entity]["columns"]
            write_rows(source / "plain" / entity / drop.isoformat() / f"{name}.csv", columns, of_entity)
