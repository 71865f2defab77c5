"""What the ERP exports: nightly CSV files of rows that were written or changed that day, with manifests."""

from . import shapes
from .company import CARRIERS, KIND, ORDER_TYPES, SEGMENTS
from .days import DAY, HOUR
from .history import Size
from .orders import PRODUCTS
from .outcomes import DAMAGED
from .recording import CARRIER_CHANGED_AFTER, WRITES_AFTER
from .write import CODE, KEY, TIME, Field, SourceTable

_FIRST = "东西南北新永恒德信和泰鼎瑞华宏源盛广达远"
_SECOND = "力锋固拓旺捷诚铭锐宝升腾润嘉佳航晟通亿昌"
_TRADES = ("五金", "五金工具", "紧固件", "机电", "建材五金", "标准件")
_LEGAL_FORMS = ("有限公司", "商行", "经营部", "贸易有限公司", "门市部")
_CATEGORIES = ("螺栓", "螺母", "垫圈", "铆钉", "扳手", "钻头", "锁具", "合页", "安全带扣", "膨胀螺丝")


def company_name(customer: str) -> str:
    """SQL for the full name of a customer (of a query with its city)."""
    return (
        f"{shapes.city('city')} || '{_FIRST}'[1 + CAST(hash({customer}, 1) % 20 AS INTEGER)]"
        f" || '{_SECOND}'[1 + CAST(hash({customer}, 2) % 20 AS INTEGER)]"
        f" || {shapes.pick(_TRADES, f'CAST(hash({customer}, 3) % 6 AS INTEGER)')}"
        f" || {shapes.pick(_LEGAL_FORMS, f'CAST(hash({customer}, 4) % 5 AS INTEGER)')}"
    )


def phone(customer: str) -> str:
    """A number of a range that nobody has."""
    return f"'1200' || lpad('' || {customer}, 7, '0')"


def tables(size: Size) -> list[SourceTable]:
    return [
        _customers(size), _products(size), _orders(), _lines(), _payments(size), _reviews(size),
        _fulfilments(), _shipments(), _purchases(size), _receipts(),
    ]  # fmt: skip


def _table(name: str, fields: tuple[Field, ...], rows: str, is_state: bool = True) -> SourceTable:
    return SourceTable("erp", name, "csv", fields, rows, is_state=is_state, has_manifest=True, file=name)


def _customers(size: Size) -> SourceTable:
    rows = f"""
        SELECT *, customer AS seq, since * {DAY} - 8 * {HOUR} + 9 * {HOUR} + hash(customer, 5) % 3600
            AS changed,
            changed AS recorded
        FROM (SELECT * REPLACE (greatest(since, {size.first_day}) AS since) FROM customers)"""
    fields = (
        Field("customer_no", "'C' || lpad('' || (10000 + customer), 6, '0')", KEY),
        Field("company_name", company_name("customer")),
        Field("contact_name", "'联系人' || lpad('' || customer, 5, '0')"),
        Field("phone", phone("customer")),
        Field("tax_no", "'91DEMO' || lpad('' || (customer * 7919 % 100000000), 12, '0')"),
        Field("segment", shapes.pick(SEGMENTS, "segment")),
        Field("city", shapes.city("city")),
        Field("province", shapes.province("city")),
        Field("address", "'示范路' || (1 + customer % 900) || '号'"),
        Field("changed_at", shapes.local("changed"), TIME),
    )
    return _table("customers", fields, rows)


def _products(size: Size) -> SourceTable:
    rows = f"""
        SELECT range AS sku, range AS seq, {size.first_day} * {DAY} - {HOUR} + range % 3600 AS changed,
            changed AS recorded
        FROM range({PRODUCTS + 1})"""
    fields = (
        Field("sku", "'XG' || lpad('' || sku, 6, '0')", KEY),
        Field(
            "product_name",
            f"{shapes.pick(_CATEGORIES, 'sku % 10')} || ' M' || (3 + sku % 20) || 'x' || (10 + sku % 13 * 5)",
        ),
        Field("category", shapes.pick(_CATEGORIES, "sku % 10")),
        Field("safety_class", "CASE WHEN sku % 10 = 8 THEN 'A' ELSE 'B' END"),
        Field("changed_at", shapes.local("changed"), TIME),
    )
    return _table("products", fields, rows)


def _orders() -> SourceTable:
    """Versions: to approve, shipped, completed, and one more when it is cancelled."""
    rows = f"""
        SELECT *, changed + {WRITES_AFTER} AS recorded FROM (
            SELECT *, '待审核' AS status, placed AS status_at, placed AS changed, false AS is_cancelled,
                ord * 4 AS seq FROM orders
            UNION ALL
            SELECT *, '已发货', shipped, shipped, cancelled >= 0 AND cancelled <= shipped, ord * 4 + 1
                FROM orders WHERE shipped >= 0
            UNION ALL
            SELECT *, '已完成', completed, completed, cancelled >= 0 AND cancelled <= completed,
                ord * 4 + 2 FROM orders
            WHERE completed >= 0
            UNION ALL
            SELECT *, CASE WHEN shipped >= 0 AND shipped <= cancelled THEN '已发货' ELSE '待审核' END,
                CASE WHEN shipped >= 0 AND shipped <= cancelled THEN shipped ELSE placed END, cancelled,
                    true, ord * 4 + 3
            FROM orders WHERE cancelled >= 0
        )"""
    fields = (
        Field("order_no", "order_no", KEY),
        Field("customer_no", "'C' || lpad('' || (10000 + customer), 6, '0')"),
        Field("order_type", shapes.pick([kind.name_zh for kind in ORDER_TYPES], "type"), CODE),
        Field("created_at", shapes.local("placed"), TIME),
        Field("wished_date", shapes.day("wished_day")),
        Field("ship_by", shapes.local("ship_by")),
        Field("amount", "printf('%d.%02d', cents // 100, cents % 100)"),
        Field("status", "status"),
        Field("status_at", shapes.local("status_at")),
        Field("cancelled_at", f"CASE WHEN is_cancelled THEN {shapes.local('cancelled')} END"),
        Field("changed_at", shapes.local("changed + " + str(WRITES_AFTER))),
    )
    return _table("orders", fields, rows)


def _lines() -> SourceTable:
    rows = """
        SELECT lines.*, orders.order_no, orders.placed, orders.placed AS recorded,
            lines.ord * 64 + lines.line AS seq
        FROM lines JOIN orders ON orders.ord = lines.ord"""
    fields = (
        Field("order_no", "order_no", KEY),
        Field("line_no", "line"),
        Field("sku", "'XG' || lpad('' || sku, 6, '0')"),
        Field("qty", "quantity"),
        Field("price", "printf('%d.%02d', cents // 100, cents % 100)"),
        Field("created_at", shapes.local("placed"), TIME),
    )
    return _table("order_lines", fields, rows)


def _payments(size: Size) -> SourceTable:
    fields = (
        Field("payment_no", "'P' || lpad('' || ev, 9, '0')"),
        Field("order_no", "order_no", KEY),
        Field("amount", "printf('%d.%02d', cents // 100, cents % 100)"),
        Field("method", "['转账', '微信', '支付宝', '承兑'][1 + CAST(ev % 4 AS INTEGER)]", CODE),
        Field("paid_at", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    return _table("payments", fields, shapes.event_rows(size, "erp", ("paid",)), is_state=False)


def _reviews(size: Size) -> SourceTable:
    """One order in twenty is sent back once before it passes."""
    passed = shapes.event_rows(size, "erp", ("finance_approved",))
    rows = f"""
        SELECT *, '通过' AS result FROM ({passed})
        UNION ALL
        SELECT * REPLACE (shown - 240 AS shown, recorded - 240 AS recorded, false AS bad, seq + 3 AS seq,
            -ev - 1 AS ev), '退回'
        FROM ({passed}) WHERE ord % 20 = 0 AND seq % 4 = 0"""
    fields = (
        Field("review_no", "'R' || ev"),
        Field("order_no", "order_no", KEY),
        Field("result", "result", CODE),
        Field("reviewed_at", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    return _table("finance_reviews", fields, rows, is_state=False)


def _fulfilments() -> SourceTable:
    """Versions: as planned, after a change of carrier, when cancelled."""
    rows = f"""
        SELECT versions.*, orders.order_no, before.code AS replaces_code
        FROM (
            SELECT *, planned_carrier AS shown_carrier, created AS recorded, false AS is_cancelled,
                sub * 4 AS seq
            FROM suborders WHERE NOT is_void
            UNION ALL
            SELECT *, carrier, created + {CARRIER_CHANGED_AFTER}, false, sub * 4 + 1
            FROM suborders WHERE NOT is_void AND carrier <> planned_carrier
                AND (label > created + {CARRIER_CHANGED_AFTER})
            UNION ALL
            SELECT *, CASE WHEN label > created + {CARRIER_CHANGED_AFTER}
                AND cancelled > created + {CARRIER_CHANGED_AFTER} THEN carrier ELSE planned_carrier END,
                cancelled + {WRITES_AFTER}, true, sub * 4 + 2
            FROM suborders WHERE NOT is_void AND cancelled >= 0
        ) AS versions
        JOIN orders ON orders.ord = versions.ord
        LEFT JOIN suborders AS before ON before.sub = versions.replaces"""
    fields = (
        Field("fulfil_code", "code", KEY),
        Field("order_no", "order_no", KEY),
        Field("route", "['直发', '调拨', '厂直'][1 + route]"),
        Field("place", shapes.place("place")),
        Field("carrier", shapes.pick([entry.name_zh for entry in CARRIERS], "shown_carrier"), CODE),
        Field("city", shapes.city("city")),
        Field("province", shapes.province("city")),
        Field("batch", "CASE WHEN batch >= 0 THEN batch END"),
        Field("batch_wished_date", shapes.day("batch_wish")),
        Field("replaces", "replaces_code"),
        Field("created_at", shapes.local("created"), TIME),
        Field("cancelled_at", f"CASE WHEN is_cancelled THEN {shapes.local('cancelled')} END"),
        Field("changed_at", shapes.local("recorded")),
    )
    return _table("fulfilments", fields, rows)


def _shipments() -> SourceTable:
    """Waybills as the ERP printed them; now and then one is not saved."""
    rows = f"""
        SELECT *, sub AS seq, label + {WRITES_AFTER} AS recorded FROM suborders
        WHERE label >= 0 AND NOT is_void AND hash(sub, 2) % 400 <> 0"""
    fields = (
        Field("shipment_no", "'S' || lpad('' || sub, 8, '0')"),
        Field("fulfil_code", "code", KEY),
        Field("carrier", shapes.pick([entry.name_zh for entry in CARRIERS], "carrier"), CODE),
        Field("waybill", "waybill", KEY),
        Field("printed_at", shapes.local("label"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    return _table("shipments", fields, rows)


def _purchases(size: Size) -> SourceTable:
    fields = (
        Field("purchase_no", "'G' || lpad('' || sub, 8, '0')"),
        Field("fulfil_code", "code", KEY),
        Field("supplier", shapes.place("origin")),
        Field("status", f"CASE kind WHEN {KIND['supplier_ordered']} THEN '已下单' ELSE '已发货' END", CODE),
        Field("status_at", shapes.local("shown"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    return _table(
        "purchases",
        fields,
        shapes.event_rows(size, "erp", ("supplier_ordered", "supplier_shipped")),
        is_state=False,
    )


def _receipts() -> SourceTable:
    """What customers confirm in writing some hours after the delivery: undamaged units of each line."""
    kinds = ", ".join(str(KIND[kind]) for kind in ("delivered", "collected", "received_click"))
    rows = f"""
        SELECT orders.order_no, lines.*, signed.sub, signed.t + 3600 + hash(signed.sub, 1) % 64800
            AS recorded,
            signed.sub * 64 + lines.line AS seq,
            CASE WHEN suborders.ending = {DAMAGED} THEN lines.quantity // 2
                WHEN hash(signed.sub, lines.line, 2) % 1000 < 14 THEN lines.quantity - 1
                    ELSE lines.quantity END AS received
        FROM (
            SELECT sub, max(t) AS t FROM events WHERE sub >= 0 AND kind IN ({kinds}) GROUP BY sub
        ) AS signed
        JOIN suborders ON suborders.sub = signed.sub
        JOIN lines ON lines.ord = suborders.ord AND lines.part = suborders.part
        JOIN orders ON orders.ord = lines.ord
        WHERE NOT EXISTS (
            SELECT 1 FROM events AS tickets
            WHERE tickets.sub = signed.sub AND tickets.kind = {KIND["not_received_ticket"]}
                AND tickets.t > signed.t
        )"""
    fields = (
        Field("receipt_no", "'K' || lpad('' || sub, 8, '0')"),
        Field("order_no", "order_no", KEY),
        Field("line_no", "line"),
        Field("qty_ok", "received"),
        Field("confirmed_at", shapes.local("recorded"), TIME),
    )
    return _table("receipts", fields, rows)
