"""The period that a service is asked for: from where it was left less a look-back, in steps where it takes an end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dagster_project.connectors.drops import Drops
from dagster_project.connectors.place import Window
from dagster_project.sources.connections import Pull
from dagster_project.sources.contracts import TableContract
from dagster_project.sources.lengths import parsed_length

AHEAD = timedelta(minutes=10)  # that a service's clock may be ahead of ours
LOOK_BACK = "1h"


@dataclass(frozen=True)
class Period:
    """What is asked for: from an instant on, and where a service takes it, up to another."""

    start: datetime | None
    end: datetime | None


def periods(pull: Pull, drops: Drops, window: Window | None) -> Iterator[Period]:
    """What to ask for: from where it was left less a look-back; in steps where the service takes an end."""
    since = pull.settings.get("since")
    if not since:
        yield Period(None, None)
        return
    start: datetime | None
    if window:
        start, end = window.start, window.end
    else:
        left_at = drops.cursor()
        look_back = parsed_length(str(since.get("look_back", LOOK_BACK)))
        first = since.get("first")
        zone = ZoneInfo(drops.contract.zone)
        begun = datetime.fromisoformat(str(first)).replace(tzinfo=zone) if first else None
        begun = pull.first or begun
        start = datetime.fromisoformat(left_at) - look_back if left_at else begun
        end = datetime.now(UTC) + AHEAD
    step = since.get("step")
    if not (step and start and "until" in since):
        yield Period(start, end if window else None)
        return
    while start < end:
        until = min(start + parsed_length(str(step)), end)
        yield Period(start, until)
        start = until


def asked_since(pull: Pull, period: Period, contract: TableContract) -> dict[str, str]:
    since = pull.settings.get("since", {})
    asked = {}
    for key, instant in (("parameter", period.start), ("until", period.end)):
        if key in since and instant is not None:
            asked[str(since[key])] = _told(instant, str(since.get("format", "iso")), contract.zone)
    return asked


def _told(instant: datetime, form: str, zone: str) -> str:
    if form == "iso":
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if form in ("s", "ms"):
        return str(int(instant.timestamp() * (1000 if form == "ms" else 1)))
    return instant.astimezone(ZoneInfo(zone)).strftime(form)
