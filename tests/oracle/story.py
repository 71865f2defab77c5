"""A short way to write down what happened: local times as text, one call a row.

`at("01-05 10:00")` is that minute of 2026 in the company's zone; a year and seconds may be given.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oracle.company import ENTITIES, Company, Row

YEAR = 2026


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """'01-05 10:00[:00[.000001]]', with or without a year in front; the hour 24:00 ends the day."""
    day_text, clock = text.split(" ")
    whole_day = clock == "24:00"
    instant = datetime.fromisoformat(f"{on(day_text)}T{'00:00' if whole_day else clock}").replace(
        tzinfo=ZoneInfo(zone)
    )
    if whole_day:
        instant = (instant.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    return instant.astimezone(UTC)


def on(text: str) -> date:
    """'01-05' or '2025-12-31'."""
    return date.fromisoformat(text if text.count("-") == 2 else f"{YEAR}-{text}")


def instant(value: str | datetime | None) -> datetime | None:
    return at(value) if isinstance(value, str) else value


def day(value: str | date | None) -> date | None:
    return on(value) if isinstance(value, str) else value


class Story:
    """Rows of a company as they are told. `recorded` is when the source wrote the row; left out: when it
    happened.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {entity: [] for entity in ENTITIES}
        self.number = 0

    def add(self, entity: str, **row: Any) -> Row:
        self.rows[entity].append(row)
        return row

    def order(
        self,
        order_id: str,
        placed: Any,
        wished: Any = None,
        *,
        given: Any = None,
        given_at: Any = None,
        ship_by: Any = None,
        order_type: str | None = "standard",
        recorded: Any = None,
        customer: str = "K1",
    ) -> Row:
        return self.add(
            "orders",
            order_id=order_id,
            customer_id=customer,
            order_type=order_type,
            placed_at=instant(placed),
            wished_date=day(wished),
            given_promise_date=day(given),
            given_promise_at=instant(given_at),
            erp_ship_by_at=instant(ship_by),
            recorded_at=instant(recorded or placed),
        )

    def sub(
        self,
        code: str,
        order_id: str,
        recorded: Any,
        *,
        route: str = "direct",
        place: str | None = "A",
        carrier: str | None = "SF",
        city: str | None = "杭州",
        province: str | None = "浙江",
        batch: int | None = None,
        wished: Any = None,
        replaces: str | None = None,
    ) -> Row:
        return self.add(
            "suborders",
            fulfilment_code=code,
            order_id=order_id,
            route=route,
            origin_place=place,
            carrier=carrier,
            destination_city=city,
            destination_province=province,
            batch=batch,
            wished_date=day(wished),
            replaces=replaces,
            recorded_at=instant(recorded),
        )

    def event(
        self,
        event_type: str,
        happened: Any,
        *,
        code: str | None = None,
        order: str | None = None,
        waybill: str | None = None,
        carrier: str | None = None,
        recorded: Any = None,
        place: str | None = None,
        method: str | None = None,
        source: str = "wms",
        event_id: str | None = "",
    ) -> Row:
        """An event of a code, of an order, or of a carrier's waybill. An id of its own unless given (None:
        no id).
        """
        self.number += 1
        return self.add(
            "events",
            source=source,
            source_event_id=f"e{self.number}" if event_id == "" else event_id,
            event_type=event_type,
            order_id=order,
            fulfilment_code=code,
            carrier=carrier,
            waybill=waybill,
            occurred_at=instant(happened),
            place=place,
            sign_method=method,
            recorded_at=instant(recorded or happened),
        )

    def waybill(self, carrier: str, waybill: str, code: str, recorded: Any) -> Row:
        return self.add(
            "waybills", carrier=carrier, waybill=waybill, fulfilment_code=code, recorded_at=instant(recorded)
        )

    def line(self, order_id: str, number: int, quantity: int, recorded: Any) -> Row:
        return self.add(
            "order_lines",
            order_id=order_id,
            line_number=number,
            sku=f"S{number}",
            ordered_quantity=quantity,
            recorded_at=instant(recorded),
        )

    def receipt(self, order_id: str, number: int, receipt_id: str, quantity: int, recorded: Any) -> Row:
        return self.add(
            "receipts",
            order_id=order_id,
            line_number=number,
            receipt_id=receipt_id,
            received_quantity=quantity,
            recorded_at=instant(recorded),
        )

    def company(self, as_of: Any, reference: dict[str, list[Row]], **settings: Any) -> Company:
        moment = instant(as_of)
        assert moment is not None
        return Company(moment, self.rows, reference, **settings)
