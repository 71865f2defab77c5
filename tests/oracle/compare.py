"""Holds what was published against the oracle, table by table; every difference is one readable line."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import duckdb

from oracle.clock import MINUTE, local_day, minutes
from oracle.company import Company, Row
from oracle.night import read
from oracle.orders import Order, verdicts
from oracle.promise import Transit
from oracle.signing import MILESTONES, SubOrder

LEVELS = {1: "place_carrier_city", 2: "carrier_province", 3: "carrier", 4: "all", 5: "none"}
SOURCES = {"given": "given", "wished": "wished", None: None}


def same(expected: Any, found: Any) -> bool:
    """Instants by the instant, minutes to a microsecond, everything else exactly."""
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return expected == found
    if isinstance(expected, float) and isinstance(found, float | int):
        return abs(expected - found) <= max(1 / MINUTE, 1e-9 * abs(expected))
    return bool(expected == found) and (expected is None) == (found is None)


def differences(table: str, key: Any, expected: Row, found: Row | None) -> list[str]:
    """A line a column that differs; one line if the row is not there."""
    if found is None:
        return [f"{table} {key}: no such row; expected {expected}"]
    return [
        f"{table} {key} {column}: oracle {value!s}, published {found[column]!s}"
        for column, value in expected.items()
        if not same(value, found[column])
    ]


def against(table: str, expected: dict[Any, Row], rows: Iterable[Row], key: tuple[str, ...]) -> list[str]:
    """All differences between two sets of rows with one key."""
    found = {tuple(row[name] for name in key): row for row in rows}
    lines = [line for k, row in expected.items() for line in differences(table, k, row, found.get(k))]
    return lines + [
        f"{table} {k}: published, but the oracle has no such row" for k in found.keys() - expected.keys()
    ]


def order_row(order: Order, zone: str) -> Row:
    """What fct_orders says of an order."""
    return {
        "order_type": order.order_type,
        "placed_at": order.placed_at,
        "order_day": order.promise.day,
        "wished_date": order.wished_date,
        "promised_at": order.promised_at,
        "is_pending": order.promise.is_pending,
        "signed_at": order.signed_at,
        "is_cancelled": order.is_cancelled,
        "is_on_time": order.is_on_time,
        "lateness_minutes": None if order.lateness is None else minutes(order.lateness),
        "is_due": order.is_due,
        "is_kept": order.is_kept,
        "is_in_full": order.is_in_full,
        **(
            {"is_first_claimed": order.claimed_first, "is_all_claimed": order.claimed_all}
            if order.is_due
            else {}
        ),
        "has_complaint": order.has_complaint,
        "is_wished_date_hit": order.is_wished_hit,
        "erp_shipped_at": order.erp_shipped_at,
        "erp_ship_by_at": order.erp_ship_by_at,
        "is_erp_on_time": order.is_erp_on_time,
        "suborder_count": sum(sub.replaced_by is None for sub in order.subs),
        "deciding_suborder": order.deciding.code if order.deciding else None,
        "place": order.place,
        "carrier": order.carrier,
        "promised_day": local_day(order.promised_at, zone) if order.promised_at else None,
        "signed_day": local_day(order.signed_at, zone) if order.signed_at else None,
    }


def suborder_row(order: Order, sub: SubOrder) -> Row:
    """What fct_suborders says of a sub-order."""
    promised = order.promise.of(sub)
    late = (sub.signed_at - promised).total_seconds() / 60 if sub.signed_at and promised else None
    row = {f"{name}_at": sub.times.get(name) for name in ("placed", *MILESTONES, "signed")}
    return row | {
        "order_id": sub.order_id,
        "route": sub.now("route"),
        "origin_place": sub.now("origin_place"),
        "carrier": sub.now("carrier"),
        "destination_city": sub.now("destination_city"),
        "destination_province": sub.now("destination_province"),
        "promised_at": promised,
        "is_on_time": None if late is None else late <= 0,
        "lateness_minutes": late,
        "sign_source": sub.sign_source,
        "sign_method": sub.sign_method,
        "is_cancelled": sub.cancelled_at is not None,
        "replaced_by": sub.replaced_by,
        "is_live": sub.is_live,
        **({"closed_at": sub.closed_at} if sub.cancelled_at is None else {}),
        "claimed_signed_at": sub.claimed_at,
    }


def facts(connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]) -> list[str]:
    """Orders, sub-orders and promises."""
    zone = company.timezone
    lines = against(
        "fct_orders",
        {(o.order_id,): order_row(o, zone) for o in orders},
        read(connection, "select * from marts.fct_orders"),
        ("order_id",),
    )
    lines += against(
        "fct_suborders",
        {(s.code,): suborder_row(o, s) for o in orders for s in o.subs},
        read(
            connection,
            "select * from marts.fct_suborders where order_id in (select order_id from marts.fct_orders)",
        ),
        ("fulfilment_code",),
    )
    promises = {
        (code,): {
            "order_id": o.order_id,
            "promise_day": o.promise.day,
            "lane_level": LEVELS[lane.level],
            "sample": lane.sample,
            "p50_hours": lane.low_hours,
            "p80_hours": lane.high_hours,
            "buffer_hours": lane.buffer_hours,
        }
        for o in orders
        for code, lane in o.promise.lanes.items()
    }
    published = read(connection, "select * from marts.fct_promises where is_planned")
    return lines + against("fct_promises", promises, published, ("fulfilment_code",))


def compare(
    connection: duckdb.DuckDBPyConnection, company: Company
) -> tuple[list[str], list[Order], list[Transit]]:
    """Every difference between the published file and the oracle."""
    from oracle.compare_events import event_lines
    from oracle.compare_rates import rates
    from oracle.compare_stages import stage_tables

    every_order, transits = verdicts(company)
    orders = [order for order in every_order if order.placed_at is not None]
    lines = facts(connection, company, orders)
    known = company.known_at(company.as_of)
    lines += event_lines(connection, known)
    lines += rates(connection, known, orders, transits)
    lines += stage_tables(connection, known, orders)
    return lines, orders, transits
