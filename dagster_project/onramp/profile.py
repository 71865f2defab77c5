"""The files of a profile: contracts, mapping, code lists and reference tables, from what was understood."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from dagster_project.sources.columns import EXCEL_SERIAL

from . import entities
from .entities import CANCELLED, STATE_EVENTS
from .proposal import DATA, ORDER, PLACED, WAYBILL
from .recognise import Column, Table
from .seeds import PERSONAL, states, targets
from .sql import quoted, text
from .understood import PLACE, SOURCE, Understood

CARRIER = "suborders.carrier"
_FIRST_DAY = "1990-01-01"  # a workbook's empty day is one of 1900


def write_profile(understood: Understood, folder: Path, today: date) -> None:
    """Writes every file of the profile; the folder is new."""
    for name in ("contracts", "mapping", "codes", "reference"):
        (folder / name).mkdir(parents=True)
    title = understood.proposal.path.stem
    settings = {
        "title": {"en": title, "zh": title},
        "timezone": understood.zone,
        "as_of": "last_day",
        "promise_limit": "end_of_day",
        "sign_rule": "earliest",
        "standards": "data",
    }
    _yaml(
        folder / "profile.yml", settings, f"Made from {understood.proposal.path.name}; change it as you like."
    )
    tables = {table.name: _contract(understood, table, today) for table in understood.tables}
    _yaml(
        folder / "contracts" / f"{SOURCE}.yml",
        {"source": SOURCE, "timezone": understood.zone, "tables": tables},
        "The workbook's sheets: a file a sheet, in which a record's number is its row in the sheet.",
    )
    for entity, feeds in _mapping(understood).items():
        _yaml(folder / "mapping" / f"{entity}.yml", feeds, "")
    events = [targets()[name].column for name in understood.events]
    if understood.with_states:
        events += [name for name in (*STATE_EVENTS, CANCELLED) if name not in events]
    write_csv(folder / "codes" / "milestones.csv", ["code", "event_type"], [[name, name] for name in events])
    if understood.with_states:
        write_csv(folder / "codes" / "states.csv", ["code", "means"], _states(understood))
    milestones = [
        "placed", *(name for name in events if name in _MILESTONES), "signed",
    ]  # fmt: skip
    write_csv(
        folder / "reference" / "route_milestones.csv",
        ["route", "position", "milestone"],
        [["direct", at, name] for at, name in enumerate(milestones, 1)],
    )
    write_csv(
        folder / "reference" / "places.csv", ["place", "name_zh", "name_en"], [["unknown", "未知", "Unknown"]]
    )
    write_csv(
        folder / "reference" / "carriers.csv",
        ["carrier", "name_zh", "name_en"],
        [["unknown", "未知承运商", "Unknown carrier"]],
    )


_MILESTONES = (
    "paid", "finance_approved", "pick_started", "picked", "packed", "outbound", "picked_up", "hub_arrived",
    "out_for_delivery",
)  # fmt: skip


def _contract(understood: Understood, table: Table, today: date) -> dict[str, Any]:
    nothing = sorted({word for column in table.columns if column.taken for word in column.values.nothing})
    contract: dict[str, Any] = {
        "files": f"{SOURCE}/{table.name}/*.parquet",
        "format": "parquet",
        "volume": "varies",
        "recorded_at": "file",
    }
    if nothing:
        contract["nulls"] = nothing
    contract["columns"] = {column.name: _column(understood, table, column, today) for column in table.columns}
    return contract


def _column(understood: Understood, table: Table, column: Column, today: date) -> dict[str, Any]:
    target = column.taken
    if target is None:
        return {"type": "text"}
    if target.name == PERSONAL:
        return {"type": "text", "personal": True}
    if target.name == ORDER:
        return {"type": "text", "required": True}
    if target.kind == "count":
        return {"type": "integer", "min": 0}
    if target.kind != "time":
        return {"type": "text"}
    # the first form is what a message shows; a number of days shows nothing
    written = [form for form in column.values.formats if form != EXCEL_SERIAL] or ["%Y-%m-%d"]
    forms = [*written, EXCEL_SERIAL] if EXCEL_SERIAL in column.values.formats else written
    settings: dict[str, Any] = {
        "type": "date" if understood.is_date(column) else "timestamp",
        "format": forms,
        "min": _FIRST_DAY,
    }
    if target.is_event or target.name == PLACED:
        settings["max"] = (today + timedelta(days=1)).isoformat()
    order = table.column(ORDER)
    if target.name == PLACED and order and column.values.filled >= 0.9 * order.values.filled:
        settings["required"] = True
    return settings


def _mapping(understood: Understood) -> dict[str, list[dict[str, Any]]]:
    """The feeds by entity."""
    has = understood.has
    orders: dict[str, Any] = {"order_id": "order_id", "placed_at": "placed_at", "recorded_at": "placed_at"}
    for target in ("customer_id", "order_type", "wished_date", "erp_ship_by_at", "amount"):
        if has(f"orders.{target}"):
            orders[target] = target
    promise = understood.column("orders.given_promise")
    if promise:
        orders["given_promise_date" if understood.is_date(promise) else "given_promise_at"] = "given_promise"
    feeds = {"orders": [_feed(entities.orders(understood), orders)]}
    suborders: dict[str, Any] = {
        "fulfilment_code": "fulfilment_code",
        "order_id": "order_id",
        "route": "'direct'",
        "origin_place": _or_unknown("origin_place", has(PLACE)),
        "carrier": _or_unknown("carrier", has(CARRIER)),
        "recorded_at": "placed_at",
    }
    for target in ("destination_city", "destination_province"):
        if has(f"suborders.{target}"):
            suborders[target] = target
    feeds["suborders"] = [_feed(entities.suborders(understood), suborders)]
    feeds["events"] = _events(understood)
    if understood.lines:
        feeds |= _lines(understood, understood.lines)
    of_parts = understood.parts
    if understood.is_own(WAYBILL):
        waybills = {
            "carrier": suborders["carrier"],
            "waybill": "waybill",
            "fulfilment_code": "fulfilment_code",
        }
        if has(CARRIER) and not any(table.has(CARRIER) for table in of_parts):
            waybills["carrier"] = "'unknown'"
        feeds["waybills"] = [_feed(entities.waybills(understood), waybills | {"recorded_at": "placed_at"})]
    table = understood.customer_table
    if table:
        told = ("customers.segment", "suborders.destination_city", "suborders.destination_province")
        names = [targets()[target].column for target in told if table.has(target)]
        customers: dict[str, Any] = {"customer_id": "customer_id", "recorded_at": "placed_at"}
        customers |= {name.removeprefix("destination_"): name for name in names}
        feeds["customers"] = [_feed(entities.customers(understood, table, names), customers)]
    return feeds


def _events(understood: Understood) -> list[dict[str, Any]]:
    """An event counts as known when it happened: a workbook does not say when it was written down."""
    of_order = {"order_id": "order_id", "occurred_at": "occurred_at", "recorded_at": "occurred_at"}
    at_order = {"order_id": "order_id", "occurred_at": "placed_at", "recorded_at": "placed_at"}
    milestone: dict[str, Any] = {"codes": "milestones", "column": "milestone", "value": "event_type"}
    feeds = [_feed(entities.orders(understood), {"event_type": "'placed'", **at_order})]
    if of_parts := entities.events_of_parts(understood):
        is_told = {name: any(table.has(name) for table in understood.parts) for name in (PLACE, CARRIER)}
        part = {
            "fulfilment_code": "fulfilment_code",
            "carrier": _or_unknown("carrier", is_told[CARRIER]),
            "place": _or_unknown("origin_place", is_told[PLACE]),
        }
        feeds.append(_feed(of_parts, {"source": text(SOURCE), "event_type": milestone, **of_order, **part}))
    for table in understood.tables:
        if table not in understood.parts and (told := entities.events_of_orders(understood, table)):
            feeds.append(_feed(told, {"source": text(SOURCE), "event_type": milestone, **of_order}))
    if shipped := entities.shipped(understood):
        feeds.append(_feed(shipped, {"event_type": "'erp_shipped'", **of_order}))
    if understood.with_states:
        feeds.append(_feed(entities.cancelled_orders(understood), {"event_type": "'cancelled'", **at_order}))
    return feeds


def _lines(understood: Understood, table: Table) -> dict[str, list[dict[str, Any]]]:
    query = entities.lines(understood, table)
    line = {"order_id": "order_id", "line_number": "cast(line as integer)", "recorded_at": "placed_at"}
    lines = dict(line)
    if table.has("order_lines.sku"):
        lines["sku"] = "sku"
    if not table.has("order_lines.ordered_quantity"):
        return {"order_lines": [_feed(query, lines)]}
    lines["ordered_quantity"] = "cast(ordered_quantity as integer)"
    feeds = {"order_lines": [_feed(query, lines)]}
    if table.has("receipts.received_quantity"):
        received = {
            "receipt_id": "order_id || '-' || line",
            "received_quantity": "cast(received_quantity as integer)",
        }
        feeds["receipts"] = [_feed(query, line | received) | {"where": "received_quantity is not null"}]
    return feeds


def _or_unknown(name: str, is_told: bool) -> str:
    return f"coalesce({name}, 'unknown')" if is_told else "'unknown'"


def _states(understood: Understood) -> list[list[str]]:
    """The words of the workbook for how an order ended, as they stand in it."""
    found: dict[str, str] = {}
    for table in understood.tables:
        column = table.column("orders.status")
        if column is None or not column.values.states:
            continue
        for number in table.sheets:
            words = understood.proposal.connection.execute(
                f"select distinct trim({quoted(column.name)}) from sheet_{number} where {DATA}"
            ).fetchall()
            found |= {word: states()[word.lower()] for (word,) in words if word and word.lower() in states()}
    return [[word, means] for word, means in sorted(found.items())]


def _feed(sql: str, columns: dict[str, Any]) -> dict[str, Any]:
    return {"from": {"sql": _Block(sql)}, "columns": columns}


class _Block(str):
    """A text of several lines, written as such."""


class _Dumper(yaml.SafeDumper):
    """Writes queries as they read."""


def _as_block(dumper: yaml.SafeDumper, block: _Block) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(block), style="|")


_Dumper.add_representer(_Block, _as_block)


def _yaml(path: Path, content: Any, comment: str) -> None:
    dumped = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    path.write_text((f"# {comment}\n" if comment else "") + dumped, encoding="utf-8")


def write_csv(path: Path, header: list[str], lines: list[list[Any]]) -> None:
    if not lines:
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
