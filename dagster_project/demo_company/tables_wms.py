"""What the warehouses' systems deliver: A CSV, B an API, C Parquet and CSV, the front ones MySQL dumps."""

from collections.abc import Mapping

from . import shapes
from .company import CLOCK_SECONDS, KIND, SOURCES
from .history import Size
from .write import CODE, KEY, TIME, Field, SourceTable

SCANS = ("pick_created", "pick_started", "picked", "packed", "outbound")
MOVES = ("transfer_requested", "transfer_dispatched", "transfer_received")
SCAN_CODES = {
    "wms_a": ("TC", "PS", "PC", "PK", "OB"),
    "wms_b": ("TASK_NEW", "PICK_BEGIN", "PICK_END", "PACK_DONE", "SHIP_OUT"),
    "wms_c": ("5", "10", "20", "30", "40"),
    "front": ("建任务", "开拣", "拣完", "打包", "出库"),
}
MOVE_CODES = {
    "wms_a": ("RQ", "DP", "RC"),
    "wms_b": ("REQUESTED", "DISPATCHED", "RECEIVED"),
    "wms_c": ("1", "2", "3"),
    "front": ("申请", "发出", "接收"),
}
# Share of lines picked wrong, from the first day to the last: what the scanners brought.
WRONG_PICKS = (0.068, 0.021)


def tables(size: Size) -> list[SourceTable]:
    return [*_warehouse_a(size), *_warehouse_b(size), *_warehouse_c(size), *_front(size)]


def _code(source: str, kinds: tuple[str, ...], codes: Mapping[str, tuple[str, ...]]) -> str:
    cases = " ".join(
        f"WHEN {KIND[kind]} THEN '{code}'" for kind, code in zip(kinds, codes[source], strict=True)
    )
    return f"CASE kind {cases} END"


def _id(prefix: str) -> str:
    return f"'{prefix}' || lpad('' || ev, 9, '0')"


def _moves(size: Size, source: str) -> str:
    return shapes.event_rows(size, source, MOVES)


def _pick_rows(size: Size, source: str) -> str:
    """Lines picked at a source's places, a row each, written as the pick ends."""
    number = SOURCES.index(source)
    clock = CLOCK_SECONDS[number]
    first, span = size.end - size.days * 86400, size.days * 86400
    share = f"({WRONG_PICKS[0]} + {WRONG_PICKS[1] - WRONG_PICKS[0]} * (picks.shown - {first}) / {span}.0)"
    return f"""
        SELECT picks.shown + {clock} AS shown, picks.shown + {clock} + 15 AS recorded, suborders.code,
            suborders.place AS place, lines.line, lines.sku, lines.quantity,
            CASE WHEN hash(lines.ord, lines.line, 31) % 100000 < {share} * 100000 THEN lines.sku + 1
                ELSE lines.sku END AS picked_sku,
            suborders.sub, suborders.sub * 64 + lines.line AS seq
        FROM (SELECT sub, any_value(t) AS shown FROM events WHERE kind = {KIND["picked"]}
            AND source = {number} GROUP BY sub) AS picks
        JOIN suborders ON suborders.sub = picks.sub
        JOIN lines ON lines.ord = suborders.ord AND lines.part = suborders.part"""


def _qc_rows(size: Size, source: str) -> str:
    """Samples drawn from one packed sub-order in twenty."""
    number = SOURCES.index(source)
    clock = CLOCK_SECONDS[number]
    return f"""
        SELECT events.t + {clock} AS shown, events.t + {clock} + 60 AS recorded, suborders.code,
            suborders.place,
            suborders.sub AS sub, suborders.sub AS seq, 20 + hash(suborders.sub, 5) % 60 AS sampled,
            CASE WHEN hash(suborders.sub, 6) % 100 < 4 THEN 1 + hash(suborders.sub, 7) % 3 ELSE 0 END
                AS failed
        FROM events JOIN suborders ON suborders.sub = events.sub
        WHERE events.kind = {KIND["picked"]} AND events.source = {number} AND hash(suborders.sub,
            4) % 20 = 0"""


def _warehouse_a(size: Size) -> list[SourceTable]:
    scans = (
        Field("scan_id", _id("A")),
        Field("fulfil_code", "code", KEY),
        Field("op", _code("wms_a", SCANS, SCAN_CODES), CODE),
        Field("scan_time", shapes.local("shown"), TIME),
        Field("station", "'A' || (1 + ev % 12)"),
        Field("worker_no", "'W' || (100 + ev % 37)"),
        Field("saved_at", shapes.local("recorded")),
    )
    tasks = (
        Field("task_no", "'TA' || lpad('' || sub, 8, '0')"),
        Field("line_no", "line"),
        Field("fulfil_code", "code", KEY),
        Field("sku", "'XG' || lpad('' || sku, 6, '0')"),
        Field("qty", "quantity"),
        Field("picked_sku", "'XG' || lpad('' || picked_sku, 6, '0')"),
        Field("picked_at", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    moves = (
        Field("move_id", _id("MA")),
        Field("fulfil_code", "code", KEY),
        Field("step", _code("wms_a", MOVES, MOVE_CODES), CODE),
        Field("from_place", shapes.place("sender")),
        Field("to_place", shapes.place("origin")),
        Field("step_time", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    qc = (
        Field("qc_no", "'QA' || lpad('' || sub, 8, '0')"),
        Field("fulfil_code", "code", KEY),
        Field("sampled", "sampled"),
        Field("failed", "failed"),
        Field("checked_at", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    rows = shapes.event_rows(size, "wms_a", SCANS)
    return [
        SourceTable("wms_a", "scans", "csv", scans, rows, has_manifest=True, file="scans"),
        SourceTable(
            "wms_a",
            "tasks",
            "csv",
            tasks,
            _pick_rows(size, "wms_a"),
            is_state=True,
            has_manifest=True,
            file="tasks",
        ),
        SourceTable(
            "wms_a", "transfers", "csv", moves, _moves(size, "wms_a"), has_manifest=True, file="transfers"
        ),
        SourceTable(
            "wms_a", "qc", "csv", qc, _qc_rows(size, "wms_a"), is_state=True, has_manifest=True, file="qc"
        ),
    ]


def _warehouse_b(size: Size) -> list[SourceTable]:
    scans = (
        Field("id", _id("B-")),
        Field("shipmentRef", "code", KEY),
        Field("action", _code("wms_b", SCANS, SCAN_CODES), CODE),
        Field("at", shapes.with_offset("shown"), TIME),
        Field("storedAt", shapes.with_offset("recorded")),
    )
    tasks = (
        Field("taskLine", "'B' || sub || '-' || line"),
        Field("shipmentRef", "code", KEY),
        Field("item", "'XG' || lpad('' || sku, 6, '0')"),
        Field("units", "quantity", "", True),
        Field("correct", "CASE WHEN sku = picked_sku THEN 'true' ELSE 'false' END", "", True),
        Field("doneAt", shapes.with_offset("shown"), TIME),
        Field("storedAt", shapes.with_offset("recorded")),
    )
    moves = (
        Field("id", _id("BT-")),
        Field("shipmentRef", "code", KEY),
        Field("state", _code("wms_b", MOVES, MOVE_CODES), CODE),
        Field("origin", shapes.place("sender")),
        Field("target", shapes.place("origin")),
        Field("at", shapes.with_offset("shown"), TIME),
        Field("storedAt", shapes.with_offset("recorded")),
    )
    qc = (
        Field("id", "'BQ-' || sub"),
        Field("shipmentRef", "code", KEY),
        Field("sampled", "sampled", "", True),
        Field("rejected", "failed", "", True),
        Field("at", shapes.with_offset("shown"), TIME),
        Field("storedAt", shapes.with_offset("recorded")),
    )
    rows = shapes.event_rows(size, "wms_b", SCANS)
    return [
        SourceTable("wms_b", "scans", "jsonl", scans, rows, has_manifest=True, file="scans"),
        SourceTable(
            "wms_b",
            "tasks",
            "jsonl",
            tasks,
            _pick_rows(size, "wms_b"),
            is_state=True,
            has_manifest=True,
            file="tasks",
        ),
        SourceTable(
            "wms_b", "transfers", "jsonl", moves, _moves(size, "wms_b"), has_manifest=True, file="transfers"
        ),
        SourceTable("wms_b", "qc", "jsonl", qc, _qc_rows(size, "wms_b"), is_state=True, file="qc"),
    ]


def _warehouse_c(size: Size) -> list[SourceTable]:
    scans = (
        Field("seq", "ev"),
        Field("code", "code", KEY),
        Field("step", f"CAST({_code('wms_c', SCANS, SCAN_CODES)} AS INTEGER)"),
        Field("happened", shapes.local_timestamp("shown")),
        Field("stored", shapes.local_timestamp("recorded")),
    )
    tasks = (
        Field("task", "'C' || sub"),
        Field("line_no", "CAST(line AS INTEGER)"),
        Field("code", "code", KEY),
        Field("sku", "'XG' || lpad('' || sku, 6, '0')"),
        Field("wrong", "sku <> picked_sku"),
        Field("happened", shapes.local_timestamp("shown")),
        Field("stored", shapes.local_timestamp("recorded")),
    )
    moves = (
        Field("seq", "ev"),
        Field("code", "code", KEY),
        Field("step", _code("wms_c", MOVES, MOVE_CODES), CODE),
        Field("sender", shapes.place("sender")),
        Field("receiver", shapes.place("origin")),
        Field("happened", shapes.with_t("shown"), TIME),
        Field("stored", shapes.with_t("recorded")),
    )
    qc = (
        Field("seq", "sub"),
        Field("code", "code", KEY),
        Field("sampled", "sampled"),
        Field("failed", "failed"),
        Field("happened", shapes.with_t("shown"), TIME),
        Field("stored", shapes.with_t("recorded")),
    )
    rows = shapes.event_rows(size, "wms_c", SCANS)
    return [
        SourceTable("wms_c", "scans", "parquet", scans, rows, has_manifest=True, file="scans"),
        SourceTable(
            "wms_c", "tasks", "parquet", tasks, _pick_rows(size, "wms_c"), is_state=True, file="tasks"
        ),
        SourceTable("wms_c", "transfers", "csv", moves, _moves(size, "wms_c"), file="transfers"),
        SourceTable("wms_c", "qc", "csv", qc, _qc_rows(size, "wms_c"), is_state=True, file="qc"),
    ]


def _front(size: Size) -> list[SourceTable]:
    scans = (
        Field("id", "ev"),
        Field("place", shapes.place("place")),
        Field("fulfil_code", "code", KEY),
        Field("op_name", _code("front", SCANS, SCAN_CODES), CODE),
        Field("op_time", shapes.local("shown"), TIME),
        Field("sync_time", shapes.local("recorded")),
    )
    tasks = (
        Field("id", "sub * 64 + line"),
        Field("place", shapes.place("place")),
        Field("fulfil_code", "code", KEY),
        Field("sku", "'XG' || lpad('' || sku, 6, '0')"),
        Field("is_wrong", "CASE WHEN sku = picked_sku THEN 0 ELSE 1 END"),
        Field("op_time", shapes.local("shown"), TIME),
        Field("sync_time", shapes.local("recorded")),
    )
    moves = (
        Field("id", "ev"),
        Field("place", shapes.place("place")),
        Field("fulfil_code", "code", KEY),
        Field("op_name", _code("front", MOVES, MOVE_CODES), CODE),
        Field("from_place", shapes.place("sender")),
        Field("op_time", shapes.local("shown"), TIME),
        Field("sync_time", shapes.local("recorded")),
    )
    rows = shapes.event_rows(size, "front", SCANS)
    return [
        SourceTable("front", "scans", "csv", scans, rows, file="scans"),
        SourceTable("front", "tasks", "csv", tasks, _pick_rows(size, "front"), is_state=True, file="tasks"),
        SourceTable("front", "transfers", "csv", moves, _moves(size, "front"), file="transfers"),
    ]
