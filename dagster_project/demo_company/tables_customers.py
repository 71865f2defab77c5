"""What the customers' channels deliver: WeChat's clicks and look-ups, the CRM's contacts and tickets."""

from . import shapes
from .company import KIND
from .history import Size
from .tables_erp import company_name, phone
from .write import CODE, KEY, TIME, Field, SourceTable

TICKETS = {"not_received_ticket": "未收到货", "complaint_ticket": "投诉", "other_ticket": "咨询"}
_REASONS = ("下单后没回音", "发货不告知", "售后找不到人", "破损", "少件", "送货态度")


def tables(size: Size) -> list[SourceTable]:
    return [_clicks(size), _queries(size), _contacts(), _tickets(size)]


def _openid() -> str:
    """WeChat's own name for a customer."""
    return "'o' || left(md5('wechat' || customer), 22)"


def _contact() -> str:
    """The CRM's own number for a customer's contact."""
    return "'K' || lpad('' || (customer * 7919 % 9999991), 7, '0')"


def _clicks(size: Size) -> SourceTable:
    fields = (
        Field("msgid", "'wx' || lpad('' || ev, 10, '0')"),
        Field("openid", _openid()),
        Field("order_no", "order_no", KEY),
        Field("fulfil_code", "code"),
        Field("clicked_ms", shapes.milliseconds("shown"), TIME, True),
        Field("stored_ms", shapes.milliseconds("recorded"), "", True),
    )
    return SourceTable(
        "wechat",
        "clicks",
        "jsonl",
        fields,
        shapes.event_rows(size, "wechat", ("received_click",)),
        file="clicks",
    )


def _queries(size: Size) -> SourceTable:
    fields = (
        Field("openid", _openid()),
        Field("order_no", "order_no", KEY),
        Field("asked_at", shapes.slashes("shown"), TIME),
        Field("stored_at", shapes.slashes("recorded")),
    )
    return SourceTable(
        "wechat",
        "queries",
        "csv",
        fields,
        shapes.event_rows(size, "wechat", ("progress_query",)),
        file="queries",
    )


def _contacts() -> SourceTable:
    """A contact's row is written anew when somebody talks to the customer, often shortly before an order."""
    rows = """
        SELECT orders.customer, customers.city, orders.ord, orders.ord AS seq,
            orders.placed - 1800 - hash(orders.ord, 11) % 86400 AS contacted, contacted + 90 AS recorded
        FROM orders JOIN customers ON customers.customer = orders.customer WHERE hash(orders.ord,
            12) % 4 = 0"""
    name = company_name("customer")
    short = (
        f"CASE hash(customer, 13) % 3 WHEN 0 THEN {name} WHEN 1 THEN replace({name}, '有限公司', '')"
        f" ELSE replace({name}, {shapes.city('city')}, '') END"
    )
    number = phone("customer")
    spelt = (
        f"CASE hash(customer, 14) % 3 WHEN 0 THEN {number} WHEN 1 THEN '+86 ' || {number}"
        f" ELSE '1200-' || lpad('' || customer, 7, '0') END"
    )
    fields = (
        Field("contact_id", _contact(), KEY),
        Field("company", short),
        Field("person", "'客户代表' || lpad('' || customer, 5, '0')"),
        Field("phone", spelt),
        Field("contacted_at", shapes.local("contacted"), TIME),
        Field("saved_at", shapes.local("recorded")),
    )
    return SourceTable("crm", "contacts", "csv", fields, rows, is_state=True, file="contacts")


def _tickets(size: Size) -> SourceTable:
    category = " ".join(f"WHEN {KIND[kind]} THEN '{word}'" for kind, word in TICKETS.items())
    # three complaints in four are about not being told
    told = "CAST(CASE WHEN hash(ev, 15) % 100 < 73 THEN 0 ELSE 3 END + hash(ev, 16) % 3 AS INTEGER)"
    reason = shapes.pick(_REASONS, told)
    fields = (
        Field("ticket_no", "'T' || lpad('' || ev, 9, '0')"),
        Field("contact_id", _contact()),
        Field("order_no", "order_no", KEY),
        Field("fulfil_code", "code"),
        Field("category", f"CASE kind {category} END", CODE),
        Field("reason", f"CASE WHEN kind = {KIND['complaint_ticket']} THEN {reason} END"),
        Field("opened_at", shapes.local("shown"), TIME),
        Field("first_reply_at", shapes.local("shown + 600 + hash(ev, 17) % 28800")),
        Field("saved_at", shapes.local("recorded")),
    )  # fmt: skip
    rows = shapes.event_rows(size, "crm", tuple(TICKETS))
    return SourceTable("crm", "tickets", "jsonl", fields, rows, file="tickets")
