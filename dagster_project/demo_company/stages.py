"""How long each stage took, truly and as the sources' clocks showed it; the figures to be found again."""

import duckdb

from .company import KIND, ORDER_TYPES
from .shapes import carrier, place
from .standards import standards

OFFICE = ("placed", "paid", "finance_approved")
HANDLING = ("pick_started", "picked", "packed", "outbound")
TRACKED = ("picked_up", "hub_arrived", "out_for_delivery")
CHAIN = (
    *OFFICE, "transfer_requested", "transfer_received", "supplier_ordered", "supplier_shipped", *HANDLING,
    *TRACKED, "signed",
)  # fmt: skip


def work_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates `stage_answers`, one row a sub-order and stage of its route, and `causes` of late orders."""
    of_sub = [name for name in CHAIN if name not in (*OFFICE, "signed")]
    own, office = (
        ", ".join(
            f"min(t) FILTER (kind = {KIND[name]}) AS t_{name},"
            f" min(shown) FILTER (kind = {KIND[name]} AND is_written) AS s_{name}"
            for name in names
        )
        for names in (of_sub, OFFICE)
    )
    marks = ", ".join(f"{{m: {at}, t: t_{name}, s: s_{name}}}" for at, name in enumerate(CHAIN))
    has = {
        flag: "[" + ", ".join(str(getattr(kind, flag)).lower() for kind in ORDER_TYPES) + "][type + 1]"
        for flag in ("has_payment", "has_review")
    }
    connection.execute(
        f"""
        CREATE TABLE stage_answers AS
        WITH own AS (SELECT sub, {own} FROM evidence WHERE sub >= 0 GROUP BY sub),
        office AS (SELECT ord, {office} FROM evidence WHERE sub < 0
            AND kind <= {KIND["finance_approved"]} GROUP BY ord),
        wide AS (
            SELECT known.sub, known.ord, known.route, known.type, known.place, known.sender, known.carrier,
                own.* EXCLUDE (sub), office.* EXCLUDE (ord), signed.signed AS s_signed,
                complete.signed AS t_signed, signed.is_cancelled
            FROM known
            LEFT JOIN own USING (sub)
            LEFT JOIN office USING (ord)
            JOIN survived_signed AS signed USING (sub)
            JOIN complete_signed AS complete USING (sub)
        ), chained AS (
            SELECT sub, ord, place, sender, carrier, is_cancelled, list_filter([{marks}], lambda mark:
                CASE WHEN mark.m = 1 THEN {has["has_payment"]}
                    WHEN mark.m = 2 THEN {has["has_review"]}
                    WHEN mark.m IN (3, 4) THEN route = 1
                    WHEN mark.m IN (5, 6) THEN route = 2
                    WHEN mark.m BETWEEN 7 AND 10 THEN route <> 2
                    ELSE true END) AS marks
            FROM wide
        ), stepped AS (
            SELECT * EXCLUDE (marks), unnest(range(1, len(marks))) AS nth, marks FROM chained
        )
        SELECT sub, ord, sender, is_cancelled, marks[nth].m::INTEGER AS from_mark,
            marks[nth + 1].m::INTEGER AS to_mark,
            CASE WHEN from_mark <= 2 THEN 'office' WHEN from_mark = 3 THEN {place("sender")}
                WHEN from_mark >= 11 THEN {carrier("carrier")} ELSE {place("place")} END AS place,
            marks[nth].t AS true_started, marks[nth + 1].t AS true_ended,
            marks[nth].s AS started, marks[nth + 1].s AS ended
        FROM stepped
        WHERE marks[nth].t IS NOT NULL OR marks[nth].s IS NOT NULL
        """
    )
    rows = ", ".join(f"('{stage}', '{at}', '{kind}', {minutes})" for stage, at, kind, minutes in standards())
    connection.execute(
        "CREATE TABLE standards AS SELECT * FROM"
        f" (VALUES {rows}) AS standards (stage, place, order_type, minutes)"
    )
    connection.execute(
        f"CREATE TABLE stage_names AS SELECT * FROM (VALUES {_names()}) AS names (from_mark, to_mark, stage)"
    )


def causes(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates `causes`: of each late order, the stage of its deciding sub-order with the largest overrun."""
    types = "[" + ", ".join(f"'{kind.code}'" for kind in ORDER_TYPES) + "][orders.type + 1]"
    connection.execute(
        f"""
        CREATE TABLE causes AS
        WITH late AS (
            SELECT orders.ord, deciding_sub AS sub, {types} AS order_type FROM order_answers AS orders
                WHERE lateness > 0
        ), overruns AS (
            SELECT late.ord, names.stage, steps.place,
                (true_ended - true_started) / 60.0 - coalesce(
                    max(minutes) FILTER (standards.place <> '' AND standards.order_type <> ''),
                    max(minutes) FILTER (standards.place <> '' AND standards.order_type = ''),
                    max(minutes) FILTER (standards.place = '' AND standards.order_type <> ''),
                    max(minutes) FILTER (standards.place = '' AND standards.order_type = '')
                ) AS late_minutes
            FROM late
            JOIN stage_answers AS steps ON steps.sub = late.sub
            JOIN stage_names AS names USING (from_mark, to_mark)
            JOIN standards ON standards.stage = names.stage AND standards.place IN ('', steps.place)
                AND standards.order_type IN ('', late.order_type)
            WHERE true_ended IS NOT NULL AND true_started IS NOT NULL
            GROUP BY late.ord, names.stage, steps.place, true_ended, true_started
        )
        SELECT ord, arg_max(stage, (late_minutes, stage)) AS late_stage, arg_max(place, (late_minutes,
            stage)) AS late_place,
            max(late_minutes) AS late_minutes
        FROM overruns WHERE late_minutes > 0 GROUP BY ord
        """
    )


def _names() -> str:
    rows = []
    for start, first in enumerate(CHAIN):
        for end in range(start + 1, len(CHAIN)):
            pair = (first, CHAIN[end])
            name = (
                "transfer"
                if pair == ("transfer_requested", "transfer_received")
                else f"{first}_to_{CHAIN[end]}"
            )
            rows.append(f"({start}, {end}, '{name}')")
    return ", ".join(rows)


def _instant(column: str) -> str:
    return f"make_timestamptz({column} * 1000000)"


ANSWER = f"""
    SELECT suborders.code AS fulfilment_code, names.stage, steps.place, {_instant("true_started")}
        AS true_started_at,
        {_instant("true_ended")} AS true_ended_at, {_instant("started")} AS started_at,
            {_instant("ended")} AS ended_at,
        started IS NOT NULL AND ended IS NOT NULL AND NOT steps.is_cancelled AS is_decidable
    FROM stage_answers AS steps
    JOIN suborders ON suborders.sub = steps.sub
    JOIN stage_names AS names USING (from_mark, to_mark)
    ORDER BY steps.sub, from_mark"""

_SENT = CHAIN.index("transfer_requested")
FIGURES = f"""
    SELECT * FROM (
        SELECT 'transfer_deviation' AS name, place, strftime(month, '%Y-%m') AS period, count(*) AS suborders,
            sum(ended - started) / 60.0 AS numerator, sum(minutes) AS denominator,
            sum(ended - started) / 60.0 / sum(minutes) - 1 AS value
        FROM (
            SELECT steps.*, minutes,
                date_trunc('month', DATE '1970-01-01' + CAST((ended - 1 + 28800) // 86400 AS INTEGER))
                    AS month
            FROM stage_answers AS steps
            JOIN standards ON standards.stage = 'transfer' AND standards.place = steps.place
            WHERE from_mark = {_SENT} AND started IS NOT NULL AND ended IS NOT NULL AND NOT is_cancelled
        ) GROUP BY place, month
        UNION ALL
        SELECT 'erp_on_time_rate', NULL, 'all', count(*), count(*) FILTER (shipped <= ship_by), count(*),
            count(*) FILTER (shipped <= ship_by) / count(*)
        FROM order_answers WHERE shipped >= 0 AND shipped_known
        UNION ALL
        SELECT 'true_on_time_rate', NULL, 'all', count(*), count(*) FILTER (lateness <= 0), count(*),
            count(*) FILTER (lateness <= 0) / count(*)
        FROM order_answers WHERE lateness IS NOT NULL
    ) ORDER BY ALL"""
