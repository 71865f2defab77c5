"""A proposal as it is taken: which tables tell what, and a table as SQL by our names.

A day without a time is read as the end of that day, which for signatures and limits makes verdicts by the day exact;
where other times have a clock, what happened between order and signature is no later than the signature of its row, and
an order is placed at the first instant of its day: a microsecond after midnight, for midnight ends the day before.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .proposal import DATA, ORDER, PLACED, WAYBILL, Proposal, is_of_use, rows_of
from .recognise import Column, Table
from .seeds import Target, targets
from .sql import quoted, text

SOURCE = "workbook"
STATE = "orders.status"
CODE = "suborders.fulfilment_code"
PLACE = "suborders.origin_place"
DELIVERED = "events.delivered"
_SENT = (DELIVERED, "events.outbound", "events.picked_up", WAYBILL, CODE)
PART_TARGETS = (PLACE, "suborders.carrier", "suborders.destination_city", "suborders.destination_province")
_LIMITS = (
    DELIVERED,
    "events.received_click",
    "events.cancelled",
    "orders.given_promise",
    "orders.erp_ship_by_at",
)
FROM = "_recorded_at, _load_seq, _load_id, _file, _record"
_WRAP = ",\n    "


@dataclass(frozen=True)
class Understood:
    """A proposal as it is taken: which tables say what; `zone` is the workbook's."""

    proposal: Proposal
    zone: str

    @property
    def tables(self) -> list[Table]:
        used = [table for table in self.proposal.tables if is_of_use(table)]
        return [table for table in used if table.has(ORDER) or any(map(_is_link, used))]

    @property
    def orders(self) -> list[Table]:
        return [table for table in self.tables if table.has(PLACED) and table.has(ORDER)]

    @property
    def parts(self) -> list[Table]:
        """The tables that tell what was signed for; without any, what was sent; without that, the orders themselves."""
        told = ([table for table in self.tables if table.has(target)] for target in _SENT)
        return next(filter(None, told), self.orders)

    @property
    def finer_parts(self) -> list[Table]:
        """Of the tables of parts those that tell parts of one order apart."""
        return [table for table in self.parts if table.has(WAYBILL, CODE)]

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
            if column.taken
            and (column.taken.is_event or column.taken.name == PLACED)
            and column.values.filled
        ]
        return all(values.are_days for values in times)

    def has(self, *wanted: str) -> bool:
        return any(table.has(*wanted) for table in self.tables)

    def column(self, target: str) -> Column | None:
        return next((column for table in self.tables if (column := table.column(target))), None)

    def is_date(self, column: Column) -> bool:
        """Whether a column is a day by its contract: a wish always is, promises if none in the workbook has a clock."""
        if column.target != "orders.given_promise":
            return column.target == "orders.wished_date"
        promises = [other for table in self.tables if (other := table.column("orders.given_promise"))]
        return all(promise.values.are_days for promise in promises if promise.values.filled)

    def relation(self, table: Table, wanted: Iterable[str]) -> str:
        """Columns of a table by our names, as far as it has them. Without an order's number it is found by the
        waybill, in a table that has both."""
        wanted = (ORDER, *wanted)
        cells = [
            f"{self._value(table, target)} as {target.column}"
            for target in table.targets
            if target.name in wanted and target.name != STATE
        ]
        joins = ""
        state = table.column(STATE)
        if STATE in wanted and state and state.values.states:
            cells.append("states.means as state")
            joins += f"\nleft join reference.code_states as states on states.code = {cell(state)}"
        if not table.has(ORDER):
            link = next(filter(_is_link, self.tables))
            waybill, order = quoted(name_of(link, WAYBILL)), quoted(name_of(link, ORDER))
            cells.append("links.order_id")
            joins += (
                f"\nleft join (select distinct {waybill} as waybill, {order} as order_id"
                f" from {SOURCE}.{link.name}) as links\n    on links.waybill = told.{quoted(name_of(table, WAYBILL))}"
            )
        return f"select\n    {_WRAP.join(cells)},\n    {FROM}\nfrom {SOURCE}.{table.name} as told{joins}"

    def _value(self, table: Table, target: Target) -> str:
        column = table.column(target.name)
        assert column is not None
        name = cell(column)
        if target.kind == "money":
            plain = f"regexp_replace({name}, '[¥￥$,，元\\s]', '', 'g')"
            return f"try_cast({plain} as decimal(18, 2))"
        if target.kind != "time" or self.is_date(column):
            return name
        return self._instant(table, name, target.name) if column.values.has_days else name

    def _instant(self, table: Table, name: str, target: str) -> str:
        zone = f"at time zone {text(self.zone)}"
        first = f"({name} {zone} + interval 1 microsecond) {zone}"
        end = f"({name} {zone} + interval 1 day) {zone}"
        if target in _LIMITS or self.are_all_days:
            read = end
        elif target == PLACED or not table.has(DELIVERED):
            read = first
        else:
            signed = self._value(table, targets()[DELIVERED])
            read = f"case when {signed} > {name} and {signed} < {end} then {signed} else {end} end"
        return f"case when cast({name} {zone} as time) = time '00:00:00' then {read} else {name} end"

    def only_plain_table(self, told: Iterable[str]) -> Table | None:
        """The one table that tells of orders, if it tells of each in one row."""
        tables = [table for table in self.tables if table.has(ORDER) and table.has(PLACED, *told)]
        return tables[0] if len(tables) == 1 and self.has_one_row_an_order(tables[0]) else None

    def has_one_row_an_order(self, table: Table) -> bool:
        order = quoted(name_of(table, ORDER)) if table.has(ORDER) else "null"
        row = self.proposal.connection.execute(
            f"select count(*) = count(distinct {order}) from ({rows_of(table, DATA)})"
        ).fetchone()
        return bool(row and row[0])

    def is_of_lines(self, table: Table, target: str) -> bool:
        """Whether an amount differs between the rows of an order, so that it is the lines' own."""
        order, amount = quoted(name_of(table, ORDER)), quoted(name_of(table, target))
        row = self.proposal.connection.execute(
            f"""
            select count(*) filter (amounts > 1), count(*) from (
                select count(distinct {amount}) as amounts
                from ({rows_of(table, DATA)}) group by {order} having count(*) > 1
            )
            """
        ).fetchone()
        return bool(row and row[0] > 0.05 * row[1])

    def is_own(self, target: str) -> bool:
        """Whether a delivery note or waybill belongs to one order only, over all tables of parts."""
        tables = [table for table in self.parts if table.has(target)]
        if not tables or not all(table.has(ORDER) for table in tables):
            return False
        pairs = " union all ".join(
            f"select trim({quoted(name_of(table, target))}) as code, trim({quoted(name_of(table, ORDER))}) as number"
            f" from ({rows_of(table, DATA)})"
            for table in tables
        )
        row = self.proposal.connection.execute(
            f"select count(distinct code), count(distinct (number, code)) from ({pairs}) where code <> ''"
        ).fetchone()
        return bool(row and row[0] == row[1])

    @property
    def with_states(self) -> list[Table]:
        """The tables that tell states that end an order."""
        return [table for table in self.tables if (state := table.column(STATE)) and state.values.states]

    @property
    def customer_table(self) -> Table | None:
        return next((table for table in self.orders if table.has("orders.customer_id")), None)


def _is_link(table: Table) -> bool:
    """Whether a table says to which order a waybill belongs."""
    return table.has(ORDER) and table.has(WAYBILL)


def cell(column: Column) -> str:
    return f"told.{quoted(column.name)}"


def name_of(table: Table, target: str) -> str:
    column = table.column(target)
    assert column is not None
    return column.name
