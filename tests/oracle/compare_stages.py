"""Stage durations, daily sums, deviations with colours, what is stuck, and lateness by owner, against the
oracle's.
"""

from collections import defaultdict
from datetime import date
from typing import Any

import duckdb

from oracle.clock import end_of_day, local_day, minutes
from oracle.company import Company, Row
from oracle.compare import against
from oracle.compare_rates import last_day
from oracle.night import read
from oracle.orders import Order
from oracle.stages import all_stages, attribution, deviations, open_overdue, replaced_carrier


def stage_tables(connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]) -> list[str]:
    """Every table made of stages."""
    stages = all_stages(company, orders)
    durations = {
        (s.code, s.name): {
            "order_id": s.order_id,
            "place": s.place,
            "carrier": s.carrier,
            "order_type": s.order_type,
            "started_at": s.started_at,
            "ended_at": s.ended_at,
            "actual_minutes": None if s.actual is None else minutes(s.actual),
            "standard_minutes": None if s.standard is None else minutes(s.standard),
        }
        for s in stages
    }
    published = read(connection, "select * from marts.fct_stage_durations where is_counted")
    lines = against("fct_stage_durations", durations, published, ("fulfilment_code", "stage"))
    sums: dict[Any, Row] = defaultdict(
        lambda: {"suborders": 0, "actual_minutes": 0.0, "standard_minutes": 0.0, "excluded_suborders": 0}
    )
    for stage in stages:
        if stage.ended_at is None:
            continue
        day = local_day(stage.ended_at, company.timezone)
        row = sums[day, stage.name, stage.place, stage.carrier, stage.order_type]
        if stage.is_excluded:
            row["excluded_suborders"] += 1
        else:
            row["suborders"] += 1
            row["actual_minutes"] += minutes(stage.actual or 0)
            row["standard_minutes"] += minutes(stage.standard or 0)
    key = ("day", "stage", "place", "carrier", "order_type")
    lines += against(
        "agg_stage_daily", dict(sums), read(connection, "select * from marts.agg_stage_daily"), key
    )
    return lines + deviation_lines(connection, company, orders) + lateness_lines(connection, company, orders)


def deviation_lines(
    connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]
) -> list[str]:
    """agg_stage_deviation: finished, coloured, stuck."""
    lines: list[str] = []
    stages = all_stages(company, orders)
    subs = {sub.code: sub for order in orders for sub in order.subs}
    expected = deviations(company, stages)
    rows = {
        (r["period"], r["period_start"], r["stage"], r["place"]): r
        for r in read(connection, "select * from marts.agg_stage_deviation")
    }
    stuck: dict[tuple[str, date], dict[tuple[str, str], int]] = {}
    today = local_day(company.as_of, company.timezone)
    periods = {(period, start) for period, start, _, _ in rows}
    for period, start in periods:
        end = min(end_of_day(last_day(period, start, today), company.timezone), company.as_of)
        stuck[period, start] = open_overdue(stages, subs, end)
        for stage, place in stuck[period, start]:
            if (period, start, stage, place) not in rows:
                lines.append(f"agg_stage_deviation {(period, start, stage, place)}: stuck there, but no row")
    for key, row in rows.items():
        period, start, stage, place = key
        wanted = expected.pop(
            key, {"suborders": 0, "actual": 0, "standard": 0, "deviation": None, "colour": "grey"}
        )
        ours = {
            "suborders": wanted["suborders"],
            "actual_minutes": minutes(wanted["actual"]),
            "standard_minutes": minutes(wanted["standard"]),
            "deviation": wanted["deviation"],
            "colour": wanted["colour"],
            "open_overdue": stuck[period, start].get((stage, place), 0),
        }
        for column, value in ours.items():
            near = isinstance(value, float) and row[column] is not None and abs(value - row[column]) < 1e-6
            if value != row[column] and not near:
                lines.append(f"agg_stage_deviation {key} {column}: oracle {value}, published {row[column]}")
    return lines + [
        f"agg_stage_deviation {key}: not published; oracle {row}" for key, row in expected.items()
    ]


def lateness_lines(connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]) -> list[str]:
    """fct_lateness, that it sums to each order's lateness, and whose the time before a replacement was."""
    subs = {sub.code: sub for order in orders for sub in order.subs}
    owned = {
        (order.order_id, stage, place): {
            "late_minutes": float(late) / 60e6,
            "replaced_carrier": replaced_carrier(order, stage, subs),
        }
        for order in orders
        for (stage, place), late in attribution(company, order).items()
    }
    published = read(connection, "select * from marts.fct_lateness where late_minutes <> 0")
    return against("fct_lateness", owned, published, ("order_id", "stage", "place"))
