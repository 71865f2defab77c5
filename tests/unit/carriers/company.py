"""A company that uses packs: answers of carriers lie in its source folder, and become canonical events."""

import json
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.sources import Load, Profile, Run, build_views, land, load_profile, prepare

MILESTONES = "route,position,milestone\ndirect,1,placed\n"


class Company:
    def __init__(self, folder: Path, *packs: str) -> None:
        self.profile_dir, self.source_dir = folder / "profile", folder / "source"
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'Asia/Shanghai'")
        self.write("profile.yml", f"timezone: Asia/Shanghai\nuses: [{', '.join(packs)}]\n")
        self.write("reference/route_milestones.csv", MILESTONES)
        self.runs = 0

    def write(self, path: str, text: str) -> None:
        """A file of the profile."""
        target = self.profile_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def answer(self, pack: str, *documents: Any, name: str = "answer", day: str = "2026-03-05") -> Path:
        """A file of answers, each on a line of its own; a single one as a carrier sends it, over many lines."""
        indent = 2 if len(documents) == 1 else None
        text = "\n".join(json.dumps(document, ensure_ascii=False, indent=indent) for document in documents)
        target = self.source_dir / pack / "tracks" / day / f"{name}.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    @property
    def profile(self) -> Profile:
        return load_profile(self.profile_dir)

    def night(self) -> dict[str, Load]:
        """Lands everything and builds the views; loads by source."""
        self.runs += 1
        profile = self.profile
        prepare(self.connection, profile, self.source_dir)
        run = Run(self.runs, f"run-{self.runs}")
        loads = {
            table[0]: land(self.connection, profile, table, self.source_dir, run) for table in profile.tables
        }
        build_views(self.connection, profile)
        return loads

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def events(self) -> list[tuple]:
        """What happened, as a person would write it down: local time to the second, by time."""
        return self.rows(
            """
            SELECT strftime(occurred_at, '%m-%d %H:%M:%S'), event_type, sign_method, carrier, waybill, place
            FROM canonical.events ORDER BY occurred_at, event_type, waybill
            """
        )

    def quarantined(self) -> list[tuple[int, str]]:
        return self.rows("SELECT record, reason FROM meta.quarantine ORDER BY ALL")
