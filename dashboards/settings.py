"""Which published file the pages read, from the same environment as the nightly job; read here only."""

import os
from dataclasses import dataclass, fields
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Limits:
    """What one query of an analyst may take: time, memory, rows; and how many run at once."""

    seconds: int = 20
    megabytes: int = 512
    rows: int = 10_000
    at_once: int = 2


@dataclass(frozen=True)
class Settings:
    """The profile whose figures are shown, where its published files lie, and what analysts' queries may take.

    `live_file`: stock and tracks of right now, replaced every few seconds; not there where nothing is pulled so often.
    `heartbeats`: a folder of one small JSON file a connection, written as it is fetched.
    `byhand`: where sheets typed by hand are put, if people may upload any.
    """

    profile: str
    published_file: Path
    live_file: Path
    status_file: Path
    heartbeats: Path
    limits: Limits = Limits()
    byhand: Path | None = None


def load() -> Settings:
    """Settings of this process, from `TRUE_ON_TIME_PROFILE` (a name or a folder) and `TRUE_ON_TIME_DATA`.

    Limits of analysts' queries: `TRUE_ON_TIME_SQL_SECONDS`, `_MEGABYTES`, `_ROWS`, `_AT_ONCE`.
    The page for sheets typed by hand is there with `TRUE_ON_TIME_BYHAND=1` only.
    """
    named = os.environ.get("TRUE_ON_TIME_PROFILE") or "demo"
    profile = Path(named).expanduser().resolve().name  # a name, or a folder of that name
    data = Path(os.environ.get("TRUE_ON_TIME_DATA") or REPOSITORY / "data").expanduser().resolve()
    published = data / profile / "published"
    is_on = os.environ.get("TRUE_ON_TIME_BYHAND", "").lower() in ("1", "on", "true", "yes")
    return Settings(
        profile,
        published_file=published / "warehouse.duckdb",
        live_file=published / "live.duckdb",
        status_file=published / "status.json",
        heartbeats=data / profile / "sources",
        limits=_limits(),
        byhand=data / profile / "inbox" / "byhand" if is_on else None,
    )


def _limits() -> Limits:
    named = {field.name: os.environ.get(f"TRUE_ON_TIME_SQL_{field.name.upper()}") for field in fields(Limits)}
    return Limits(**{name: int(value) for name, value in named.items() if value})
