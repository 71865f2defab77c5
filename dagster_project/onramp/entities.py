"""The SQL of the entities, from what the columns of a workbook are taken for.

A table becomes a relation with the names of ours; relations are grouped to orders, to parts (what was sent and
signed for together) and to lines. Every row hands on where it came from.

A day without a time, among the times of a column: a signature, a limit and a cancellation are read as the end of that
day, so that verdicts by the day are exact. So is everything else if no time has a clock; else it is read as the first
instant of its day, which is a microsecond after midnight, since midnight belongs to the day it ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .proposal import DATA, ORDER, PLACED, WAYBILL, Proposal, is_of_use, rows_of
from .recognise import Column, Table
from .seeds import Target, targets
from .sql import quoted, text

SOURCE = "workbook"
CODE = "suborders.fulfilment_code"
PLACE = "suborders.origin_place"
DELIVERED = "events.delivered"
_SENT = (DELIVERED, "events.outbound", "events.picked_up", WAYBILL, CODE)
_ORDER_TARGETS = (
    "orders.customer_id", "orders.order_type", "orders.wished_date", "orders.given_promise", "orders.erp_ship_by_at",
    "orders.amount",
)  # fmt: skip
_PART_TARGETS = (PLACE, "suborders.carrier", "suborders.destination_city", "suborders.destination_province")
_LIMITS = (DELIVERED, "events.received_click", "events.cancelled", "orders.given_promise", "orders.erp_ship_by_at")
_FROM = "_recorded_at, _load_seq, _load_id, _file, _record"
_FIRST_OF = """max(_recorded_at) as _recorded_at, max(_load_seq) as _load_seq, arg_min(_load_id, (_file, _record)) as _load_id,
    min(_file) as _file, arg_min(_record, (_file, _record)) as _record"""
STATE_EVENTS = ("refused", "returned_signed", "lost")


@dataclass(frozen=True)
class Understood:
    """A proposal as it is taken: which tables say what; `zone` is the workbook's."""

    proposal: Proposal
    zone: str

    @property
    def tables(self) -> list[Table]:
        return [table for table in self.proposal.tables if is_of_use(table)]

    @property
    def orders(self) -> list[Table]:
        return [table for table in self.tables if table.has(PLACED) and table.has(ORDER)]

    @property
    def parts(self) -> list[Table]:
        """The tables that tell what was sent and signed for: of those with a signature, else with a sending, the
        finest; else the orders themselves."""
        for told in (DELIVERED, "events.outbound", "events.picked_up", WAYBILL, CODE):
            tables = [table for table in self.tables if table.has(told)]
            if tables:
                return [table for table in tables if table.has(WAYBILL, CODE)] or tables
        return self.orders

    @property
    def lines(self) -> Table | None:
        told = [
            table
            for table in self.tables
            if table.has(ORDER) and table.has("order_lines.sku", "order_lines.ordered_quantity")
        ]
        return max(told, key=lambda table: table.columns[0].values.rows, default=None)

    @property
    def events(self) -> list[str]:
        """The milestones and other events that some table tells."""
        told = {target.name for table in self.tables for target in table.targets if target.is_event}
        return [name for name in targets() if name in told]

    @property
    def are_all_days(self) -> bool:
        """Whether no time of an order has a clock."""
        times = [
            column.values
            for table in self.tables
            for column in table.columns
            if column.taken and (column.taken.is_event or column.taken.name == PLACED) and column.values.filled
        ]
        return all(values.are_days for values in times)

    def has(self, *wanted: str) -> bool:
        return any(table.has(*wanted) for table in self.tables)

    def column(self, target: str) -> Column | None:
        return next((column for table in self.tables if (column := table.column(target))), None)

    # --- relations

    def relation(self, table: Table) -> str:
        """A table by our names. Without an order's number it is found by the waybill, in a table that has both."""
        cells = [f"{self._value(table, target)} as {target.column}" for target in table.targets]
        joins = ""
        state = table.column("orders.status")
        if state and state.values.states:
            cells.append("states.means as state")
            joins += f"\nleft join reference.code_states as states on states.code = {_of(state)}"
        if not table.has(ORDER):
            link = next((other for other in self.tables if other.has(ORDER) and other.has(WAYBILL)), None)
            if link is None:
                return ""
            waybill, order = quoted(_name(link, WAYBILL)), quoted(_name(link, ORDER))
            cells.append("links.order_id")
            joins += (
                f"\nleft join (select distinct {waybill} as waybill, {order} as order_id"
                f" from {SOURCE}.{link.name}) as links\n    on links.waybill = told.{quoted(_name(table, WAYBILL))}"
            )
        return f"select {', '.join(cells)}, {_FROM}\nfrom {SOURCE}.{table.name} as told{joins}"

    def _value(self, table: Table, target: Target) -> str:
        column = table.column(target.name)
        assert column is not None
        name = _of(column)
        if target.kind == "money":
            plain = f"regexp_replace({name}, '[¥￥$,，元\\s]', '', 'g')"
            return f"try_cast({plain} as decimal(18, 2))"
        if target.kind != "time" or is_date(column):
            return name
        return self._instant(name, target.name) if column.values.has_days else name

    def _instant(self, name: str, target: str) -> str:
        local = f"({name} at time zone {text(self.zone)})"
        later = "interval 1 microsecond"
        if target in _LIMITS or self.are_all_days:
            later = "interval 1 day"
        moved = f"({local} + {later}) at time zone {text(self.zone)}"
        return f"case when cast({local} as time) = time '00:00:00' then {moved} else {name} end"

    # --- entities

    def orders_sql(self) -> str:
        """One row an order: of several tables the first that says something, of several rows the last limit."""
        told = [target for target in _ORDER_TARGETS if self.has(target)]
        ranked = []
        for rank, table in enumerate(
            sorted((table for table in self.tables if table.has(ORDER)), key=lambda t: not t.has(PLACED))
        ):
            here = [target for target in told if table.has(target)]
            if not here and not table.has(PLACED):
                continue
            cells = ["min(placed_at) as placed_at"] if table.has(PLACED) else []
            cells += [f"{self._order_value(table, target)} as {targets()[target].column}" for target in here]
            ranked.append(
                f"select order_id, {rank} as _rank, {', '.join(cells)}, {_FIRST_OF}\nfrom ({self.relation(table)})"
                "\nwhere order_id is not null group by order_id"
            )
        names = [targets()[target].column for target in told]
        cells = [f"arg_min({name}, _rank) as {name}" for name in names]
        union = "\nunion all by name\n".join(ranked)
        return (
            f"select order_id, {', '.join(['min(placed_at) as placed_at', *cells])}, {_FIRST_OF}"
            f"\nfrom (\n{union}\n)\ngroup by order_id having min(placed_at) is not null"
        )

    def _order_value(self, table: Table, target: str) -> str:
        name = targets()[target].column
        if target == "orders.amount":
            return f"sum({name})" if self._is_of_lines(table, target) else f"max({name})"
        if targets()[target].kind == "time":
            return f"max({name})"
        return f"arg_min({name}, (_file, _record))"

    def _is_of_lines(self, table: Table, target: str) -> bool:
        """Whether an amount differs between the rows of an order, so that it is the lines' own."""
        order, amount = quoted(_name(table, ORDER)), quoted(_name(table, target))
        row = self.proposal.connection.execute(
            f"""
            select count(*) filter (amounts > 1), count(*) from (
                select count(distinct {amount}) as amounts
                from ({rows_of(table, DATA)}) group by {order} having count(*) > 1
            )
            """
        ).fetchone()
        return bool(row and row[0] > 0.05 * row[1])

    def parts_sql(self) -> str:
        """One row a part: a delivery note, a waybill, else what an order sends from one place. A part that is known
        by its order alone is signed once each of its rows is."""
        events = [targets()[name].column for name in self.events if any(table.has(name) for table in self.parts)]
        attributes = [targets()[name].column for name in _PART_TARGETS if any(t.has(name) for t in self.parts)]
        relations = [
            f"select *, {self._code(table)} as _code, {str(not table.has(WAYBILL, CODE)).lower()} as _is_whole"
            f"\nfrom ({self.relation(table)})\nwhere order_id is not null"
            for table in self.parts
            if self.relation(table)
        ]
        cells = [f"arg_min({name}, (_file, _record)) as {name}" for name in attributes]
        for name in events:
            last = f"max({name})"
            if name == "delivered":
                last = f"case when not bool_or(_is_whole) or count(*) = count({name}) then {last} end"
            cells.append(f"{last} as {name}")
        if any(table.has(WAYBILL) for table in self.parts):
            cells.append("arg_min(waybill, (_file, _record)) as waybill")
        if self.has_states:
            cells.append("case when count(*) = count(state) then max(state) end as state")
        union = "\nunion all by name\n".join(relations)
        return (
            f"select order_id, coalesce(_code, order_id) as fulfilment_code{_more(cells)}, {_FIRST_OF}"
            f"\nfrom (\n{union}\n)\ngroup by all"
        )

    @property
    def has_states(self) -> bool:
        """Whether the tables of parts tell states that end an order."""
        return any((state := table.column("orders.status")) and state.values.states for table in self.parts)

    def _code(self, table: Table) -> str:
        if table.has(CODE):
            return "fulfilment_code" if self._is_own(table, CODE) else "order_id || '-' || fulfilment_code"
        if table.has(WAYBILL):
            return "order_id || '-' || waybill"
        rows = table.columns[0].values.rows
        order = table.column(ORDER)
        if table.has(PLACE) and order and order.values.distinct < rows:
            return "order_id || '-' || origin_place"
        return "order_id"

    def _is_own(self, table: Table, target: str) -> bool:
        """Whether a code belongs to one order only."""
        if not table.has(ORDER):
            return False
        order, code = quoted(_name(table, ORDER)), quoted(_name(table, target))
        row = self.proposal.connection.execute(
            f"select count(distinct {code}), count(distinct ({order}, {code})) filter ({code} is not null)"
            f" from ({rows_of(table, DATA)})"
        ).fetchone()
        return bool(row and row[0] == row[1])

    def has_own_waybills(self) -> bool:
        return all(self._is_own(table, WAYBILL) for table in self.parts if table.has(WAYBILL))

    def suborders_sql(self) -> str:
        """Every part, and every order of which no part is told: that one has not been sent."""
        in_parts = [targets()[name].column for name in _PART_TARGETS if any(t.has(name) for t in self.parts)]
        elsewhere = [
            table
            for table in self.tables
            if table not in self.parts and table.has(ORDER) and table.has(*_PART_TARGETS)
        ]
        others, joins, sources = [], "", {name: [f"parts.{name}"] for name in in_parts}
        for at, table in enumerate(elsewhere):
            names = [targets()[name].column for name in _PART_TARGETS if table.has(name)]
            cells = ", ".join(f"arg_min({name}, (_file, _record)) as {name}" for name in names)
            others.append(
                f"other_{at} as (\nselect order_id, {cells} from (\n{self.relation(table)}\n) group by order_id\n)"
            )
            joins += f"\nleft join other_{at} on other_{at}.order_id = coalesce(parts.order_id, orders.order_id)"
            for name in names:
                sources.setdefault(name, []).append(f"other_{at}.{name}")
        cells = [f"coalesce({', '.join(given)}) as {name}" for name, given in sources.items()]
        provenance = ", ".join(
            f"coalesce(parts.{name}, orders.{name}) as {name}" for name in _FROM.split(", ") if name != "_load_seq"
        )
        ctes = ",\n".join(
            [f"orders as (\n{self.orders_sql()}\n)", f"parts as (\n{self.parts_sql()}\n)", *others]
        )
        return (
            f"with {ctes}\nselect coalesce(parts.order_id, orders.order_id) as order_id,"
            f" coalesce(parts.fulfilment_code, orders.order_id) as fulfilment_code{_more(cells)},"
            f" orders.placed_at, greatest(parts._load_seq, orders._load_seq) as _load_seq, {provenance}"
            f"\nfrom orders full join parts on parts.order_id = orders.order_id{joins}"
        )

    def part_events_sql(self) -> str:
        """The events of parts, one a row; a state that ends a part makes of its signature what it was."""
        events = [targets()[name].column for name in self.events if any(table.has(name) for table in self.parts)]
        attributes = [
            targets()[name].column
            for name in (PLACE, "suborders.carrier")
            if any(table.has(name) for table in self.parts)
        ]
        cells = [f"parts.{name}" for name in events if name != "delivered"]
        milestones = list(events)
        if self.has_states:
            known = ", ".join(["orders.placed_at", *(f"parts.{name}" for name in events)])
            ending = ", ".join(text(name) for name in STATE_EVENTS)
            if "delivered" in events:
                cells.append(f"case when state is null or state not in ({ending}) then parts.delivered end as delivered")
            at = f"coalesce(parts.delivered, greatest({known}))" if "delivered" in events else f"greatest({known})"
            cells += [f"case when state = '{name}' then {at} end as {name}" for name in STATE_EVENTS]
            milestones += STATE_EVENTS
            # when it was cancelled is not told, only that it was: the last thing known of it stands in
            by_state = f"case when state = 'cancelled' then greatest({known}) end"
            if "cancelled" in events:
                cells.remove("parts.cancelled")
                by_state = f"coalesce(parts.cancelled, {by_state})"
            else:
                milestones.append("cancelled")
            cells.append(f"{by_state} as cancelled")
        elif "delivered" in events:
            cells.append("parts.delivered")
        if not milestones:
            return ""
        given = "".join(f", parts.{name}" for name in attributes)
        provenance = ", ".join(f"parts.{name}" for name in _FROM.split(", "))
        return (
            f"with orders as (\n{self.orders_sql()}\n),\nparts as (\n{self.parts_sql()}\n),\ntold as (\n"
            f"select parts.order_id, parts.fulfilment_code{given}{_more(cells)}, {provenance}"
            "\nfrom parts left join orders on orders.order_id = parts.order_id\n)\n"
            f"select * from (\nunpivot told on {', '.join(milestones)} into name milestone value occurred_at\n)"
        )

    def order_events_sql(self, table: Table) -> str:
        """The events that a table tells of an order as a whole."""
        events = [target.column for target in table.targets if target.is_event and target.name != DELIVERED]
        if not events or not table.has(ORDER):
            return ""
        cells = ", ".join(f"max({name}) as {name}" for name in events)
        return (
            f"select * from (\nunpivot (\nselect order_id, {cells}, {_FIRST_OF}\nfrom (\n{self.relation(table)}\n)"
            f"\nwhere order_id is not null group by order_id\n) on {', '.join(events)}"
            " into name milestone value occurred_at\n)"
        )

    @property
    def shipped(self) -> str | None:
        """What the ERP would call shipped: out of the warehouse, else handed to the carrier."""
        told = [name for name in ("outbound", "picked_up") if any(t.has(f"events.{name}") for t in self.parts)]
        return told[0] if told else None

    def shipped_sql(self) -> str:
        """An order is shipped once each of its parts is."""
        return (
            f"select order_id, max({self.shipped}) as occurred_at, {_FIRST_OF}\nfrom (\n{self.parts_sql()}\n)"
            f"\ngroup by order_id having count(*) = count({self.shipped})"
        )

    def waybills_sql(self) -> str:
        return (
            f"with orders as (\n{self.orders_sql()}\n),\nparts as (\n{self.parts_sql()}\n)\n"
            "select parts.*, orders.placed_at from parts left join orders on orders.order_id = parts.order_id"
        )

    def lines_sql(self) -> str:
        """One row a line, numbered as they stand."""
        assert self.lines is not None
        return (
            f"with orders as (\n{self.orders_sql()}\n),\nlines as (\n{self.relation(self.lines)}\n)\n"
            "select lines.*, orders.placed_at as order_placed_at, row_number() over"
            " (partition by lines.order_id order by lines._file, lines._record) as line\n"
            "from lines left join orders on orders.order_id = lines.order_id\nwhere lines.order_id is not null"
        )

    def customers_sql(self, names: Iterable[str]) -> str:
        """A customer's latest order says where he is."""
        cells = ", ".join(f"arg_max({name}, (_file, _record)) as {name}" for name in names)
        table = self.customer_table
        assert table is not None
        return (
            f"select customer_id, max(placed_at) as placed_at, {cells}, {_FIRST_OF}\nfrom (\n{self.relation(table)}\n)"
            "\nwhere customer_id is not null group by customer_id"
        )

    @property
    def customer_table(self) -> Table | None:
        return next((table for table in self.orders if table.has("orders.customer_id")), None)


def is_date(column: Column) -> bool:
    """Whether a column is a day by its contract: a wish always is, a promise if none of its values has a clock."""
    target = column.target
    return target == "orders.wished_date" or (target == "orders.given_promise" and column.values.are_days)


def _of(column: Column) -> str:
    return f"told.{quoted(column.name)}"


def _name(table: Table, target: str) -> str:
    column = table.column(target)
    assert column is not None
    return column.name


def _more(cells: Iterable[str]) -> str:
    return "".join(f", {cell}" for cell in cells)
