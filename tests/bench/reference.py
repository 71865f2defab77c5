"""What the scripts in Polars and pandas know of the bench company beside its files, and how they hand in tables.

Belongs here: parameters, chains of milestones and standards, as plain Python. Not here: anything counted from files.
"""

import csv
from collections.abc import Iterable
from datetime import date
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import duckdb

REFERENCE = Path(__file__).parent / "profile" / "reference"
MILESTONES = Path(__file__).parents[2] / "dbt" / "seeds" / "milestones.csv"

DAY = 86400
ZONE = 8 * 3600  # Asia/Shanghai, without summer time
EPOCH = date(1970, 1, 1)
TRANSIT_WINDOW_DAYS = 60
LANE_MINIMUM_SAMPLE = 30
BUFFER_MAXIMUM_HOURS = 72
PLAN_SECONDS = 2 * 3600
CLOSING_SECONDS = 7 * DAY
MINIMUM_SAMPLE = 30
YELLOW_FROM_PERCENT = 5
RED_ABOVE_PERCENT = 10
WILSON_Z = 1.959964

BRIDGE = ("erp", "erp_due", "first_suborder", "all_suborders", "valid_signature", "in_full", "wished_day")
SCANS = {
    "transfer_requested": "requested",
    "transfer_received": "received",
    "supplier_ordered": "ordered",
    "supplier_shipped": "shipped",
    "pick_started": "pick",
    "picked": "picked",
    "packed": "packed",
    "outbound": "outbound",
}
TRACKS = {"picked_up": "pickup", "hub_arrived": "hub", "out_for_delivery": "out_for"}
# the stamps of a sub-order, in the order of their milestones' positions
STAMPS = ("placed", "paid", "approved", *SCANS.values(), *TRACKS.values(), "signed")
KIND = ("order_type", "route", "origin", "carrier", "sending")


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def collecting_carriers() -> list[str]:
    """Carriers that say so when a parcel is taken from a locker."""
    rows = _rows(REFERENCE / "carriers.csv")
    return [row["carrier"] for row in rows if row["sends_collected_event"] != "false"]


def steps(kinds: Iterable[tuple[str, str, str, str, str]]) -> list[dict[str, Any]]:
    """Every step that a kind of sub-order may show, single or joined of several, with its place and its standard in
    microseconds; `finish` 0 is a step not ended yet.
    """
    milestones = _rows(MILESTONES)
    number = {row["milestone"]: int(row["position"]) for row in milestones}
    held_by = {row["milestone"]: row["held_by"] for row in milestones}
    missing = {
        row["order_type"]: row["missing_milestones"].split("|")
        for row in _rows(REFERENCE / "order_types.csv")
    }
    routes = _rows(REFERENCE / "route_milestones.csv")
    standards = {
        (row["stage"], row["place"], row["order_type"]): round(float(row["minutes"]) * 60_000_000)
        for row in _rows(REFERENCE / "standards.csv")
    }
    found = []
    for kind in kinds:
        order_type, route, origin, carrier, sending = kind
        holder = {"office": "office", "sender": sending, "carrier": carrier, "origin": origin}
        chain = [row["milestone"] for row in routes if row["route"] == route]
        chain = sorted((name for name in chain if name not in missing[order_type]), key=number.__getitem__)
        places = [holder[held_by[name]] for name in chain]
        allowed = [
            _standard(standards, stage_name(start, finish), place, order_type)
            for (start, finish), place in zip(pairwise(chain), places, strict=False)
        ]
        upto = list(accumulate(allowed, initial=0))
        for first, start in enumerate(chain[:-1]):
            for last in range(first + 1, len(chain)):
                step = {
                    **dict(zip(KIND, kind, strict=True)),
                    "start": number[start],
                    "finish": number[chain[last]],
                    "stage": stage_name(start, chain[last]),
                    "place": places[first],
                    "standard": upto[last] - upto[first],
                }
                found.append(step)
                if last == first + 1:
                    found.append(step | {"finish": 0})
    return found


def stage_name(start: str, finish: str) -> str:
    is_transfer = (start, finish) == ("transfer_requested", "transfer_received")
    return "transfer" if is_transfer else f"{start}_to_{finish}"


def _standard(standards: dict[tuple[str, str, str], int], stage: str, place: str, order_type: str) -> int:
    """The most specific one."""
    keys = [(stage, place, order_type), (stage, place, ""), (stage, "", order_type), (stage, "", "")]
    return next(standards[key] for key in keys if key in standards)


def write(out: Path, tables: dict[str, Any]) -> None:
    """Frames as the tables of a DuckDB file, made anew."""
    out.unlink(missing_ok=True)
    with duckdb.connect(str(out)) as connection:
        for name, frame in tables.items():
            connection.register("frame", frame)
            connection.execute(f"create table {name} as from frame")
            connection.unregister("frame")
