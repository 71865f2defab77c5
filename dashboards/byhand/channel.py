"""What happens to an uploaded sheet and to the rows a person decides. Every row is taken, queued or rejected, once."""

import csv
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from dashboards.byhand import sheet
from dashboards.byhand.journal import Entry, Inbox, number_of
from dashboards.byhand.sheet import Typed

Ask = Callable[..., list[dict[str, Any]]]
SHOWN = ("carrier", "waybill", "fulfilment_code", "order_id", "city", "promised_at", "handed_over_at", "stage_now",
         "kind", "likelihood", "is_city", "is_carrier", "is_code")  # fmt: skip


@cache
def parameters() -> dict[str, float]:
    """The channel's business numbers by name."""
    with Path(__file__).with_name("parameters.csv").open(encoding="utf-8") as stream:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(stream)}


def upload(inbox: Inbox, ask: Ask, name: str, content: bytes, who: str, now: datetime) -> str:
    """Take a sheet in; the same one again changes nothing. `ask` asks a query of the published file.

    Returns:
        The upload's number, by which the journal knows it.

    Raises:
        sheet.RefusedError: the file is not taken; the journal says that too.
    """
    number = number_of(content)
    with inbox.locked():
        known = inbox.read()
        if number in known.uploads:
            return number
        said = {"upload": number, "who": who, "at": _stamp(), "file": name[:120]}
        try:
            rows = sheet.read(name, content, now)
        except sheet.RefusedError as refused:
            inbox.append([{"entry": "refused", **said, "reason": refused.key, "values": refused.values}])
            raise
        inbox.keep(number, name, content)
        found = _matched(ask, rows)
        lines: list[Entry] = []
        fresh: list[Entry] = []
        first: dict[str, int] = {}  # where each row stands first
        for row in rows:
            row_id = _row_id(row)
            line: Entry = {"entry": "line", "upload": number, "line": row.line, "row_id": row_id}
            if row_id in first:
                line |= {
                    "outcome": "rejected",
                    "reason": "twice",
                    "typed": row.typed,
                    "first": first[row_id],
                }
            elif row_id in known.rows:
                line["is_known"] = True
            else:
                outcome = _outcome(row, found.get(row.line, []))
                fresh.append({"entry": "row", **said, "row_id": row_id, **_said(row), **outcome})
            first.setdefault(row_id, row.line)
            lines.append(line)
        taken = [_drop(row, "rule", now) for row in fresh if row["outcome"] == "taken"]
        inbox.hand_over(f"upload-{number}", taken)
        inbox.append([{"entry": "upload", **said, "rows": len(rows)}, *fresh, *lines])
    return number


def decide(inbox: Inbox, row_id: str, waybill: str | None, who: str, now: datetime) -> bool:
    """A person's word on a queued row: it is that waybill, or none of those offered. False: it was decided already."""
    with inbox.locked():
        row = inbox.read().rows[row_id]
        if row["outcome"] != "queued":
            return False
        said: Entry = {"entry": "decision", "row_id": row_id, "who": who, "at": _stamp(), "by": "person"}
        if waybill is None:
            inbox.append([{**said, "outcome": "rejected", "reason": "none_of_these"}])
            return True
        picked = next(one for one in row["candidates"] if one["waybill"] == waybill)
        said |= {"outcome": "taken", "reason": "picked", **_picked(picked)}
        inbox.hand_over(f"decision-{row_id}", [_drop({**row, **said}, "person", now)])
        inbox.append([said])
    return True


def _matched(ask: Ask, rows: list[Typed]) -> dict[int, list[dict[str, Any]]]:
    asked = [
        {"row": row.line, "number": row.number, "code": row.code, "carrier": row.carrier, "city": row.city,
         "at": row.at.isoformat(sep=" ") if row.at else None}
        for row in rows if not row.mistake
    ]  # fmt: skip
    found: dict[int, list[dict[str, Any]]] = {}
    if asked:
        for row in ask("byhand_match", rows=json.dumps(asked), **parameters()):
            found.setdefault(row["row"], []).append(row)
    return found


def _said(row: Typed) -> Entry:
    """What was typed, as the journal keeps it: no name of a person and no note."""
    at = row.at.isoformat(sep=" ") if row.at else ""
    kept = {name: value for name, value in asdict(row).items() if name not in ("mistake", "column", "at")}
    return {**kept, "occurred_at": at}


def _outcome(row: Typed, found: list[dict[str, Any]]) -> Entry:
    if row.mistake:
        return {"outcome": "rejected", "reason": row.mistake, "column": row.column}
    candidates = [_candidate(one) for one in found if one["waybill"]]
    outcome = found[0]["outcome"]
    if outcome == "taken":
        return {"outcome": outcome, "reason": candidates[0]["kind"], **_picked(candidates[0])}
    if outcome == "rejected":
        return {"outcome": outcome, "reason": "unlike_any", "column": "number"}
    best = candidates[0]["kind"]
    return {
        "outcome": outcome,
        "reason": best if best in ("closed", "code") else "not_sure",
        "candidates": candidates,
    }


def _candidate(found: dict[str, Any]) -> Entry:
    shown = {name: found[name] for name in SHOWN}
    return {name: str(value) if isinstance(value, datetime) else value for name, value in shown.items()}


def _picked(candidate: Entry) -> Entry:
    named = ("waybill", "fulfilment_code", "order_id", "likelihood")
    return {
        **{name: candidate[name] for name in named},
        "of_carrier": candidate["carrier"],
        "rule": candidate["kind"],
    }


def _drop(row: Entry, decided_by: str, now: datetime) -> Entry:
    """A row as the night lands it. Recorded when it was said, and not before it happened."""
    return {
        "row_id": row["row_id"],
        "typed_number": row["typed"],
        "waybill": row["waybill"],
        "carrier": row["of_carrier"],
        "fulfilment_code": row["fulfilment_code"],
        "event_type": row["event_type"],
        "sign_method": row["sign_method"] or None,
        "occurred_at": row["occurred_at"],
        "city": row["city"] or None,
        "rule": row["rule"],
        "confidence": f"{row['likelihood']:.4f}",
        "decided_by": decided_by,
        "recorded_at": max(now.isoformat(sep=" ", timespec="seconds"), row["occurred_at"]),
    }


def _row_id(row: Typed) -> str:
    return number_of(
        row.number,
        row.code,
        row.carrier,
        row.city,
        row.status.lower(),
        row.at.isoformat() if row.at else row.time,
    )


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
