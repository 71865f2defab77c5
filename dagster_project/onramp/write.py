"""A proposal that is taken, as files: the drops with every row of the workbook in its place, and the profile that says
what they mean."""

import csv
import re
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from . import rows
from .entities import PLACE, SOURCE, STATE_EVENTS, Understood, is_date
from .proposal import DATA, ORDER, PLACED, WAYBILL, Proposal
from .recognise import Column, Table
from .seeds import PERSONAL, states, targets
from .sql import quoted, text

_FIRST_DAY = "1990-01-01"  # a workbook's empty day is one of 1900
_SPARSE = 0.2


@dataclass(frozen=True)
class LeftOut:
    """A row of a sheet that is no row of a table: where, what it is, and its text."""

    sheet: str
    row: int
    what: str
    text: str


@dataclass
class Written:
    """What was written: the profile's folder, the drops' folder, the rows handed on by table, and those left out."""

    profile_dir: Path
    source_dir: Path
    understood: Understood
    rows: dict[str, int] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def write(proposal: Proposal, profile_dir: Path, source_dir: Path, zone: str, today: date) -> Written:
    """Writes drops and profile anew; the folders' earlier content goes.

    Args:
        today: the day of the import: nothing can have happened after it.
    """
    understood = Understood(proposal, zone)
    written = Written(profile_dir, source_dir, understood)
    for folder in (profile_dir, source_dir / SOURCE):
        shutil.rmtree(folder, ignore_errors=True)
    for table in understood.tables:
        _settle_rows(proposal, table, written)
    for number, read in enumerate(proposal.sheets):
        if not read.left_out:
            written.left_out += _left_out(proposal, number)
    for table in understood.tables:
        _write_drops(proposal, table, source_dir, written)
    _write_profile(understood, profile_dir, today, written)
    return written


def _settle_rows(proposal: Proposal, table: Table, written: Written) -> None:
    """Notes are told from data now that the columns are known; an order named once holds for the rows below it."""
    identity = [column.name for target in (ORDER, WAYBILL) if (column := table.column(target))]
    order = table.column(ORDER)
    empty = 1 - order.values.filled / max(1, order.values.rows) if order else 0.0
    mapped = [column.name for column in table.columns if column.taken and column.taken.name != PERSONAL]
    for number in table.sheets:
        if order and empty >= _SPARSE and not table.has(WAYBILL):
            names = [column.name for column in table.columns]
            below = rows.fill_down(proposal.connection, f"sheet_{number}", order.name, names)
            name = proposal.sheets[number].sheet.name
            written.remarks.append(
                f"{name}: {below:,} rows without an order number are taken as further rows of the order above them"
            )
        rows.mark_notes(proposal.connection, f"sheet_{number}", identity, mapped, list(table.names))


def _left_out(proposal: Proposal, number: int) -> list[LeftOut]:
    names = [row[0] for row in proposal.connection.execute(f"describe sheet_{number}").fetchall()]
    listed = ", ".join(quoted(name) for name in names if name not in ("_row", "_is"))
    cells = f"array_to_string(list_filter([{listed}], lambda cell: cell is not null), ' | ')"
    found = proposal.connection.execute(
        f"select _row, _is, left({cells}, 200) from sheet_{number} where not {DATA} order by _row"
    ).fetchall()
    return [LeftOut(proposal.sheets[number].sheet.name, *row) for row in found]


def _write_drops(proposal: Proposal, table: Table, source_dir: Path, written: Written) -> None:
    """A sheet a file, row by row as it stands, so that a record's number is its row in the sheet."""
    folder = source_dir / SOURCE / table.name
    folder.mkdir(parents=True)
    cells = ", ".join(f"case when {DATA} then {quoted(name)} end as {quoted(name)}" for name in table.names)
    for number in table.sheets:
        name = re.sub(r"[^\w-]+", "_", proposal.sheets[number].sheet.name)
        path = folder / f"{name}.parquet"
        if path.exists():
            path = folder / f"{name}_{number}.parquet"
        query = f"select {cells} from sheet_{number} order by _row"
        proposal.connection.execute(f"copy ({query}) to {text(str(path))} (format parquet)")
        row = proposal.connection.execute(f"select count(*) from sheet_{number} where {DATA}").fetchone()
        written.rows[table.name] = written.rows.get(table.name, 0) + (row[0] if row else 0)


def _write_profile(understood: Understood, folder: Path, today: date, written: Written) -> None:
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
    _yaml(folder / "profile.yml", settings, f"Made from {understood.proposal.path.name}; change it as you like.")
    tables = {table.name: _contract(understood, table, today) for table in understood.tables}
    _yaml(
        folder / "contracts" / f"{SOURCE}.yml",
        {"source": SOURCE, "timezone": understood.zone, "tables": tables},
        "The workbook's sheets: a file a sheet, in which a record's number is its row in the sheet.",
    )
    for entity, feeds in _mapping(understood).items():
        _yaml(folder / "mapping" / f"{entity}.yml", feeds, "")
    events = [targets()[name].column for name in understood.events]
    if understood.has_states:
        events += [name for name in (*STATE_EVENTS, "cancelled") if name not in events]
    _csv(folder / "codes" / "milestones.csv", ["code", "event_type"], [[name, name] for name in events])
    if understood.has_states:
        _csv(folder / "codes" / "states.csv", ["code", "means"], _states(understood))
    milestones = [
        "placed", *(name for name in events if name in _MILESTONES), "signed",
    ]  # fmt: skip
    _csv(
        folder / "reference" / "route_milestones.csv",
        ["route", "position", "milestone"],
        [["direct", at, name] for at, name in enumerate(milestones, 1)],
    )
    _csv(folder / "reference" / "places.csv", ["place", "name_zh", "name_en"], [["unknown", "未知", "Unknown"]])
    _csv(
        folder / "reference" / "carriers.csv",
        ["carrier", "name_zh", "name_en"],
        [["unknown", "未知承运商", "Unknown carrier"]],
    )
    _csv(
        folder / "left_out.csv",
        ["sheet", "row", "what", "text"],
        [[row.sheet, row.row, row.what, row.text] for row in written.left_out],
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
    contract["columns"] = {column.name: _column(table, column, today) for column in table.columns}
    return contract


def _column(table: Table, column: Column, today: date) -> dict[str, Any]:
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
    # the plain form first: it is what a message shows
    forms = list(dict.fromkeys(["%Y-%m-%d %H:%M:%S", *column.values.formats]))
    settings: dict[str, Any] = {"type": "date" if is_date(column) else "timestamp", "format": forms, "min": _FIRST_DAY}
    if target.is_event or target.name == PLACED:
        settings["max"] = (today + timedelta(days=1)).isoformat()
    order = table.column(ORDER)
    if target.name == PLACED and order and column.values.filled >= 0.9 * order.values.filled:
        settings["required"] = True
    return settings


def _mapping(understood: Understood) -> dict[str, list[dict[str, Any]]]:
    """The feeds by entity."""
    has = understood.has
    orders: dict[str, str] = {"order_id": "order_id", "placed_at": "placed_at", "recorded_at": "placed_at"}
    for target in ("customer_id", "order_type", "wished_date", "erp_ship_by_at", "amount"):
        if has(f"orders.{target}"):
            orders[target] = target
    promise = understood.column("orders.given_promise")
    if promise:
        orders["given_promise_date" if is_date(promise) else "given_promise_at"] = "given_promise"
    if "amount" in orders:
        orders["amount"] = "cast(amount as decimal(18, 2))"
    feeds: dict[str, list[dict[str, Any]]] = {"orders": [_feed(understood.orders_sql(), orders)]}

    in_parts = {name for name in ("origin_place", "carrier") if any(t.has(f"suborders.{name}") for t in understood.parts)}
    suborders = {
        "fulfilment_code": "fulfilment_code",
        "order_id": "order_id",
        "route": "'direct'",
        "origin_place": "coalesce(origin_place, 'unknown')" if has(PLACE) else "'unknown'",
        "carrier": "coalesce(carrier, 'unknown')" if has("suborders.carrier") else "'unknown'",
        "recorded_at": "placed_at",
    }
    for target in ("destination_city", "destination_province"):
        if has(f"suborders.{target}"):
            suborders[target] = target
    feeds["suborders"] = [_feed(understood.suborders_sql(), suborders)]

    placed = {"event_type": "'placed'", "order_id": "order_id", "occurred_at": "placed_at", "recorded_at": "placed_at"}
    feeds["events"] = [_feed(understood.orders_sql(), placed)]
    milestone = {
        "source": text(SOURCE),
        "event_type": {"codes": "milestones", "column": "milestone", "value": "event_type"},
        "order_id": "order_id",
        "occurred_at": "occurred_at",
        "recorded_at": "occurred_at",
    }
    of_parts = understood.part_events_sql()
    if of_parts:
        of_part = milestone | {"fulfilment_code": "fulfilment_code"}
        of_part["carrier"] = "coalesce(carrier, 'unknown')" if "carrier" in in_parts else "'unknown'"
        of_part["place"] = "coalesce(origin_place, 'unknown')" if "origin_place" in in_parts else "'unknown'"
        feeds["events"].append(_feed(of_parts, of_part))
    for table in understood.tables:
        if table not in understood.parts and (told := understood.order_events_sql(table)):
            feeds["events"].append(_feed(told, milestone))
    if understood.shipped:
        shipped = {"event_type": "'erp_shipped'", "order_id": "order_id", "occurred_at": "occurred_at"}
        feeds["events"].append(_feed(understood.shipped_sql(), shipped | {"recorded_at": "occurred_at"}))

    if understood.lines:
        _map_lines(understood, feeds)
    if any(table.has(WAYBILL) for table in understood.parts) and understood.has_own_waybills():
        carrier = suborders["carrier"] if "carrier" in in_parts else "'unknown'"
        waybills = {"carrier": carrier, "waybill": "waybill", "fulfilment_code": "fulfilment_code"}
        feeds["waybills"] = [_feed(understood.waybills_sql(), waybills | {"recorded_at": "placed_at"})]
    names = [name for name in ("segment",) if understood.customer_table and understood.customer_table.has(f"customers.{name}")]
    if understood.customer_table:
        for name, target in (("city", "destination_city"), ("province", "destination_province")):
            if understood.customer_table.has(f"suborders.{target}"):
                names.append(target)
        customers = {"customer_id": "customer_id", "recorded_at": "placed_at"}
        customers |= {name.removeprefix("destination_"): name for name in names}
        feeds["customers"] = [_feed(understood.customers_sql(names), customers)]
    return feeds


def _map_lines(understood: Understood, feeds: dict[str, list[dict[str, Any]]]) -> None:
    table = understood.lines
    assert table is not None
    line = {"order_id": "order_id", "line_number": "cast(line as integer)", "recorded_at": "order_placed_at"}
    lines = dict(line)
    if table.has("order_lines.sku"):
        lines["sku"] = "sku"
    if table.has("order_lines.ordered_quantity"):
        lines["ordered_quantity"] = "cast(ordered_quantity as integer)"
    feeds["order_lines"] = [_feed(understood.lines_sql(), lines)]
    if table.has("receipts.received_quantity") and table.has("order_lines.ordered_quantity"):
        receipts = line | {
            "receipt_id": "order_id || '-' || line",
            "received_quantity": "cast(received_quantity as integer)",
        }
        feeds["receipts"] = [_feed(understood.lines_sql(), receipts) | {"where": "received_quantity is not null"}]


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


def _csv(path: Path, header: list[str], lines: list[list[Any]]) -> None:
    if not lines:
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
