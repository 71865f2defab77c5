"""The SQL of the entities: tables grouped to orders, to parts (what was sent and signed for together) and to lines.

Every row hands on where it came from: of several the first.
"""

from collections.abc import Iterable

from .proposal import ORDER, PLACED, WAYBILL
from .recognise import Table
from .seeds import targets
from .sql import text
from .understood import CODE, DELIVERED, FROM, PART_TARGETS, PLACE, STATE, Understood

STATE_EVENTS = ("refused", "returned_signed", "lost")
CANCELLED = "cancelled"
_ORDER_TARGETS = (
    "orders.customer_id", "orders.order_type", "orders.wished_date", "orders.given_promise", "orders.erp_ship_by_at",
    "orders.amount",
)  # fmt: skip
_LINE_TARGETS = ("order_lines.sku", "order_lines.ordered_quantity", "receipts.received_quantity")
_CUSTOMER_TARGETS = (PLACED, "orders.customer_id", "customers.segment", *PART_TARGETS[2:])
_FIRST_FROM = (
    "max(_recorded_at) as _recorded_at, max(_load_seq) as _load_seq,\n"
    "    arg_min(_load_id, (_file, _record)) as _load_id, min(_file) as _file,"
    " arg_min(_record, (_file, _record)) as _record"
)


def orders(this: Understood) -> str:
    """One row an order: of several tables the first that says something, of several rows the last limit."""
    told = [target for target in _ORDER_TARGETS if this.has(target)]
    wanted = (PLACED, *told)
    names = [targets()[target].column for target in told]
    if plain := this.only_plain_table(told):
        return (
            f"select order_id, placed_at{_more(names)}, {FROM}\nfrom {_in(this.relation(plain, wanted))}"
            "\nwhere order_id is not null"
        )
    tables = [table for table in this.tables if table.has(ORDER) and table.has(*wanted)]
    ranked = []
    for rank, table in enumerate(sorted(tables, key=lambda table: not table.has(PLACED))):
        cells = ["min(placed_at) as placed_at"] if table.has(PLACED) else []
        cells += [
            f"{_of_order(this, table, target)} as {_column(target)}" for target in told if table.has(target)
        ]
        ranked.append(
            f"select order_id, {rank} as _rank{_more(cells)}, {_FIRST_FROM}\nfrom {_in(this.relation(table, wanted))}"
            "\nwhere order_id is not null\ngroup by order_id"
        )
    cells = [f"arg_min({name}, _rank) as {name}" for name in names]
    return (
        f"select order_id, min(placed_at) as placed_at{_more(cells)}, {_FIRST_FROM}\nfrom {_in(_union(ranked))}"
        "\ngroup by order_id\nhaving min(placed_at) is not null"
    )


def parts(this: Understood) -> str:
    """One row a part: a delivery note, a waybill, else what an order sends from one place. A part that is known by
    its order alone is signed once each of its rows is."""
    wanted = (*this.events, *PART_TARGETS, CODE, WAYBILL, STATE)
    names = [*_attributes(this), *(["waybill"] if _is_told(this, WAYBILL) else [])]
    events = part_events(this)
    only = this.parts[0]
    if len(this.parts) == 1 and not this.with_states and this.has_one_row_an_order(only):
        code = _code(this, only)
        code = code if code == "order_id" else f"coalesce({code}, order_id)"
        return (
            f"select order_id, {code} as fulfilment_code{_more([*names, *events])}, {FROM}"
            f"\nfrom {_in(this.relation(only, wanted))}\nwhere order_id is not null"
        )
    relations = []
    for table in this.parts:
        is_whole = table not in this.finer_parts
        relations.append(
            f"select *, {_code(this, table)} as _code, {str(is_whole).lower()} as _is_whole"
            f"\nfrom {_in(this.relation(table, wanted))}\nwhere order_id is not null"
        )
        if is_whole and this.finer_parts:
            # of an order whose parts are told apart the other tables say nothing new
            told = _in(_union([this.relation(finer, ()) for finer in this.finer_parts]))
            relations[-1] += f" and order_id not in (select order_id from {told} where order_id is not null)"
    cells = [f"arg_min({name}, (_file, _record)) as {name}" for name in names]
    for name in events:
        last = f"max({name})"
        if name == "delivered":
            last = f"case when not bool_or(_is_whole) or count(*) = count({name}) then {last} end"
        cells.append(f"{last} as {name}")
    if any(table in this.parts for table in this.with_states):
        cells.append("case when count(*) = count(state) then max(state) end as state")
    return (
        f"select order_id, coalesce(_code, order_id) as fulfilment_code{_more(cells)}, {_FIRST_FROM}"
        f"\nfrom {_in(_union(relations))}\ngroup by all"
    )


def part_events(this: Understood) -> list[str]:
    return [_column(name) for name in this.events if _is_told(this, name)]


def suborders(this: Understood) -> str:
    """Every part, and every order of which no part is told: that one has not been sent."""
    elsewhere = [
        table
        for table in this.tables
        if table not in this.parts and table.has(ORDER) and table.has(*PART_TARGETS)
    ]
    sources = {name: [f"parts.{name}"] for name in _attributes(this)}
    ctes, joins = _with_orders_and_parts(this), ""
    for at, table in enumerate(elsewhere):
        names = [_column(name) for name in PART_TARGETS if table.has(name)]
        cells = [f"arg_min({name}, (_file, _record)) as {name}" for name in names]
        told = f"select order_id{_more(cells)}\nfrom {_in(this.relation(table, PART_TARGETS))}\ngroup by order_id"
        ctes += f",\nother_{at} as {_in(told)}"
        joins += f"\nleft join other_{at} on other_{at}.order_id = coalesce(parts.order_id, orders.order_id)"
        for name in names:
            sources.setdefault(name, []).append(f"other_{at}.{name}")
    cells = [f"coalesce({', '.join(given)}) as {name}" for name, given in sources.items()]
    cells.append("greatest(parts._load_seq, orders._load_seq) as _load_seq")
    cells += [
        f"coalesce(parts.{name}, orders.{name}) as {name}" for name in FROM.split(", ") if name != "_load_seq"
    ]
    return (
        f"{ctes}\nselect coalesce(parts.order_id, orders.order_id) as order_id,"
        f"\n    coalesce(parts.fulfilment_code, orders.order_id) as fulfilment_code, orders.placed_at{_more(cells)}"
        f"\nfrom orders\nfull join parts on parts.order_id = orders.order_id{joins}"
    )


def events_of_parts(this: Understood) -> str:
    """The events of parts, one a row; '' if none is told. A state that ends a part makes of its signature what it
    was: refused, signed for by the sender. When it was cancelled is often not told, only that it was: then the last
    thing known of it stands in."""
    events, attributes = part_events(this), [name for name in _attributes(this) if name in _OF_EVENTS]
    if not this.with_states:
        if not events:
            return ""
        names = ", ".join(["order_id", "fulfilment_code", *attributes, *events, FROM])
        return _unpivoted(f"select {names} from {_in(parts(this))}", events)
    known = f"greatest({', '.join(['orders.placed_at', *(f'parts.{name}' for name in events)])})"
    ended = f"coalesce(parts.delivered, {known})" if "delivered" in events else known
    cells = {name: f"parts.{name}" for name in events}
    if "delivered" in events:
        ending = ", ".join(map(text, STATE_EVENTS))
        cells["delivered"] = (
            f"case when states.state is null or states.state not in ({ending}) then parts.delivered end"
        )
    cells |= {name: f"case when states.state = '{name}' then {ended} end" for name in STATE_EVENTS}
    cancelled = f"case when states.state = 'cancelled' then {known} end"
    cells[CANCELLED] = f"coalesce(parts.cancelled, {cancelled})" if CANCELLED in events else cancelled
    given = [f"parts.{name}" for name in [*attributes, *FROM.split(", ")]]
    own = "parts.state" if any(table in this.parts for table in this.with_states) else "null"
    told = (
        f"{_with_orders_and_parts(this)},\norder_states as {_in(order_states(this))},\nstates as (\n"
        f"select parts.fulfilment_code, coalesce({own}, order_states.state) as state"
        "\nfrom parts left join order_states on order_states.order_id = parts.order_id\n)\n"
        f"select parts.order_id, parts.fulfilment_code{_more(f'{cell} as {name}' for name, cell in cells.items())}"
        f"{_more(given)}\nfrom parts\nleft join states on states.fulfilment_code = parts.fulfilment_code"
        "\nleft join orders on orders.order_id = parts.order_id"
    )
    return _unpivoted(told, list(cells))


def order_states(this: Understood) -> str:
    """The state that ends a whole order, from the tables that do not tell of parts."""
    tables = [table for table in this.with_states if table not in this.parts and table.has(ORDER)]
    if not tables:
        return "select null::varchar as order_id, null::varchar as state where false"
    told = _union([this.relation(table, (STATE,)) for table in tables])
    return (
        "select order_id, case when count(*) = count(state) then max(state) end as state"
        f"\nfrom {_in(told)}\ngroup by order_id"
    )


def cancelled_orders(this: Understood) -> str:
    """Orders that were cancelled before a part of them is told."""
    return (
        f"{_with_orders_and_parts(this)},\norder_states as {_in(order_states(this))}\n"
        "select orders.* from orders inner join order_states on order_states.order_id = orders.order_id"
        "\nwhere state = 'cancelled' and orders.order_id not in (select order_id from parts)"
    )


def events_of_orders(this: Understood, table: Table) -> str:
    """The events that a table tells of an order as a whole; '' if it tells none."""
    events = [target.column for target in table.targets if target.is_event and target.name != DELIVERED]
    if not events or not table.has(ORDER):
        return ""
    cells = [f"max({name}) as {name}" for name in events]
    return _unpivoted(
        f"select order_id{_more(cells)}, {_FIRST_FROM}\nfrom {_in(this.relation(table, this.events))}"
        "\nwhere order_id is not null\ngroup by order_id",
        events,
    )


def shipped(this: Understood) -> str:
    """What the ERP would call shipped: each part out of the warehouse, else handed to the carrier; '' if neither is
    told."""
    told = [name for name in ("outbound", "picked_up") if name in part_events(this)]
    if not told:
        return ""
    return (
        f"select order_id, max({told[0]}) as occurred_at, {_FIRST_FROM}\nfrom {_in(parts(this))}"
        f"\ngroup by order_id\nhaving count(*) = count({told[0]})"
    )


def waybills(this: Understood) -> str:
    return (
        f"{_with_orders_and_parts(this)}\nselect parts.*, orders.placed_at"
        "\nfrom parts left join orders on orders.order_id = parts.order_id"
    )


def lines(this: Understood, table: Table) -> str:
    """One row a line, numbered as they stand."""
    return (
        f"with orders as {_in(orders(this))},\nlines as {_in(this.relation(table, _LINE_TARGETS))}\n"
        "select lines.*, orders.placed_at,"
        " row_number() over (partition by lines.order_id order by lines._file, lines._record) as line"
        "\nfrom lines left join orders on orders.order_id = lines.order_id\nwhere lines.order_id is not null"
    )


def customers(this: Understood, table: Table, names: Iterable[str]) -> str:
    """A customer's latest row says where he is."""
    cells = [f"arg_max({name}, (_file, _record)) as {name}" for name in names]
    return (
        f"select customer_id, max(placed_at) as placed_at{_more(cells)}, {_FIRST_FROM}"
        f"\nfrom {_in(this.relation(table, _CUSTOMER_TARGETS))}\nwhere customer_id is not null\ngroup by customer_id"
    )


_OF_EVENTS = ("origin_place", "carrier")


def _attributes(this: Understood) -> list[str]:
    return [_column(name) for name in PART_TARGETS if _is_told(this, name)]


def _is_told(this: Understood, target: str) -> bool:
    """Whether a table of parts has it."""
    return any(table.has(target) for table in this.parts)


def _of_order(this: Understood, table: Table, target: str) -> str:
    """A column of several rows of an order as one value."""
    name = _column(target)
    if target == "orders.amount":
        return f"sum({name})" if this.is_of_lines(table, target) else f"max({name})"
    if targets()[target].kind == "time":
        return f"max({name})"
    return f"arg_min({name}, (_file, _record))"


def _code(this: Understood, table: Table) -> str:
    """What tells the parts of a table apart."""
    if table.has(CODE):
        return "fulfilment_code" if this.is_own(CODE) else "order_id || '-' || fulfilment_code"
    if table.has(WAYBILL):
        return "order_id || '-' || waybill"
    if table.has(PLACE) and not this.has_one_row_an_order(table):
        return "order_id || '-' || origin_place"
    return "order_id"


def _with_orders_and_parts(this: Understood) -> str:
    return f"with orders as {_in(orders(this))},\nparts as {_in(parts(this))}"


def _unpivoted(query: str, names: list[str]) -> str:
    return f"select *\nfrom (\nunpivot {_in(query)} on {', '.join(names)} into name milestone value occurred_at\n)"


def _union(queries: list[str]) -> str:
    return "\nunion all by name\n".join(queries)


def _in(query: str) -> str:
    """A query in brackets, set in."""
    return "(\n" + "\n".join(f"    {line}" for line in query.split("\n")) + "\n)"


def _column(target: str) -> str:
    return targets()[target].column


def _more(cells: Iterable[str]) -> str:
    return "".join(f", {cell}" for cell in cells)
