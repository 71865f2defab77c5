"""Daily counts, kpis and the bridge, against the oracle's."""

from collections import defaultdict
from datetime import date, timedelta

import duckdb

from oracle.clock import days, end_of_day, local_day
from oracle.company import Company, Row
from oracle.night import read
from oracle.orders import Order, signed_day
from oracle.promise import TRIED, Transit
from oracle.rates import STEPS, Counts, bridge, daily, is_final, open_overdue, summed, wilson

COLUMNS = {
    "true_on_time_rate": ("signed_on_time_orders", "signed_orders"),
    "promise_kept_rate": ("due_kept_orders", "due_orders"),
    "erp_on_time_rate": ("erp_on_time_orders", "erp_shipped_orders"),
    "wished_date_hit_rate": ("wished_hit_orders", "wished_orders"),
    "in_full_on_time_rate": ("in_full_orders", "due_orders"),
    "complaint_rate": ("complaint_orders", "due_orders"),
    "pick_error_rate": ("wrong_lines", "picked_lines"),
    "promised_share": ("signed_orders", "all_signed_orders"),
    "promise_coverage": ("transit_covered_suborders", "transit_suborders"),
}


def last_day(period: str, start: date, end: date) -> date:
    """The last local day of a period; 'all' ends with the last day there is."""
    if period == "day":
        return start
    return (
        end
        if period == "all"
        else (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    )


def kpi(
    connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order], counts: Counts
) -> list[str]:
    """Every kpi row: counts, value, interval, finality; and that no period between the first and the last is
    missing.
    """
    rows = read(connection, "select * from marts.kpi")
    lines, z = [], company.parameters.wilson_z
    first_day = min(row["period_start"] for row in rows if row["period"] == "day")
    until = max(row["period_start"] for row in rows if row["period"] == "day")
    expected = {
        (metric, period, start): value
        for period in ("day", "month", "all")
        for (metric, start), value in summed(counts, period, first_day).items()
    }
    for row in rows:
        key = row["metric"], row["period"], row["period_start"]
        end = last_day(row["period"], row["period_start"], until)
        if row["metric"] == "open_overdue":
            numerator, denominator = open_overdue(company, orders, end)
        else:
            numerator, denominator = expected.pop(key, [0, 0])
        interval = wilson(numerator, denominator, z)
        wanted = {
            "numerator": numerator,
            "denominator": denominator,
            "value": numerator / denominator if denominator else None,
            "ci_low": interval and interval[0],
            "ci_high": interval and interval[1],
            "is_final": is_final(company, end),
        }
        for column, value in wanted.items():
            close = isinstance(value, float) and row[column] is not None and abs(value - row[column]) < 1e-12
            if value != row[column] and not close:
                lines.append(f"kpi {key} {column}: oracle {value}, published {row[column]}")
    lines += [f"kpi {key}: not published; oracle {value}" for key, value in expected.items()]
    every_day = set(days(first_day, local_day(company.as_of, company.timezone)))
    for metric in {row["metric"] for row in rows}:
        found = {row["period_start"] for row in rows if row["metric"] == metric and row["period"] == "day"}
        lines += [f"kpi {metric}: no row for {day}" for day in sorted(every_day - found)]
    return lines


def cells(company: Company, orders: list[Order]) -> dict[tuple[date, str, str, str], Row]:
    """The order counts of agg_on_time_daily, by day, place, carrier and type."""
    found: dict[tuple[date, str, str, str], Row] = defaultdict(lambda: defaultdict(int))
    for order in orders:
        for (metric, day), (numerator, denominator) in daily(
            company.__class__(company.as_of, {}, company.reference, company.timezone), [order], []
        ).items():
            row = found[day, *order.cell]
            names = COLUMNS[metric]
            row[names[0]] += numerator if metric != "promised_share" else 0
            if metric not in ("in_full_on_time_rate", "complaint_rate"):
                row[names[1]] += denominator
    return {key: row for key, row in found.items() if any(row.values())}


def rates(
    connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order], transits: list[Transit]
) -> list[str]:
    """agg_on_time_daily, kpi, bridge."""
    lines = kpi(connection, company, orders, daily(company, orders, transits))
    names = sorted(
        {name for pair in COLUMNS.values() for name in pair}
        - {
            "wrong_lines",
            "picked_lines",
            "transit_covered_suborders",
            "transit_suborders",
        }
    )
    published = {
        (row["day"], row["place"], row["carrier"], row["order_type"]): {
            name: row[name] or 0 for name in names
        }
        for row in read(connection, "select * from marts.agg_on_time_daily")
    }
    expected = cells(company, orders)
    for key in sorted(expected.keys() | published.keys()):
        for name in names:
            ours, theirs = expected.get(key, {}).get(name, 0), published.get(key, {}).get(name, 0)
            if ours != theirs:
                lines.append(f"agg_on_time_daily {key} {name}: oracle {ours}, published {theirs}")
    return lines + levels(connection, company, orders) + bridges(connection, company, orders)


def levels(connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]) -> list[str]:
    """What other percentiles would have promised, each order by the batches' own wished days."""
    zone, expected = company.timezone, defaultdict(lambda: [0, 0, 0])
    for order in orders:
        promise, signed = order.promise, signed_day(order, company.timezone)
        if order.is_on_time is None or promise.source != "wished" or signed is None:
            continue
        for percent in TRIED:
            kept = all(
                sub.signed_at is not None
                and sub.signed_at
                <= end_of_day(wish, zone) + timedelta(hours=promise.tried_hours[sub.batch][percent])
                for sub in order.subs
                if sub.is_live and (wish := promise.wished[sub.batch]) is not None
            )
            row = expected[signed, *order.cell, percent]
            row[0] += 1
            row[1] += kept
            row[2] += max(hours[percent] for hours in promise.tried_hours.values())
    found = {
        tuple(row[name] for name in ("day", "place", "carrier", "order_type", "level_percent")): [
            row["orders"],
            row["on_time_orders"],
            row["buffer_hours"],
        ]
        for row in read(connection, "select * from marts.agg_promise_levels_daily")
    }
    return [
        f"agg_promise_levels_daily {key}: oracle {expected.get(key)}, published {found.get(key)}"
        for key in sorted(expected.keys() | found.keys())
        if expected.get(key) != found.get(key)
    ]


def bridges(connection: duckdb.DuckDBPyConnection, company: Company, orders: list[Order]) -> list[str]:
    """Every step of every period that the kpis have; the points sum to the last rate minus the first."""
    periods: dict[tuple[str, date], dict[str, Row]] = {
        (row["period"], row["period_start"]): {}
        for row in read(connection, "select distinct period, period_start from marts.kpi")
    }
    for row in read(connection, "select * from marts.bridge"):
        periods[row["period"], row["period_start"]][row["step"]] = row
    return [
        line
        for (period, start), steps in periods.items()
        for line in bridge_lines(f"bridge {period} {start}", steps, bridge(company, orders, period, start))
    ]


def bridge_lines(name: str, steps: dict[str, Row], expected: dict[str, dict[str, float]]) -> list[str]:
    lines, before = [], None
    for step in STEPS:
        if step not in steps:
            lines.append(f"{name} {step}: not published; oracle {expected[step]}")
            continue
        wanted: Row = dict(expected[step])
        wanted["rate"] = wanted["numerator"] / wanted["denominator"] if wanted["denominator"] else None
        wanted["points"] = (
            None if wanted["rate"] is None or before is None else 100 * (wanted["rate"] - before)
        )
        wanted["complaint_rate"] = wanted["complaint_orders"] / wanted["orders"] if wanted["orders"] else None
        before = wanted["rate"]
        for column in ("numerator", "denominator", "orders", "rate", "points", "complaint_rate"):
            ours, theirs = wanted[column], steps[step][column]
            if ours != theirs and not (None not in (ours, theirs) and abs(ours - theirs) < 1e-9):
                lines.append(f"{name} {step} {column}: oracle {ours}, published {theirs}")
    points = [row["points"] for row in steps.values() if row["step"] != STEPS[0]]
    if points and None not in points:
        gap = sum(points) - 100 * (steps[STEPS[-1]]["rate"] - steps[STEPS[0]]["rate"])
        if abs(gap) > 1e-9:
            lines.append(f"{name}: the points miss last - first by {gap}")
    return lines
