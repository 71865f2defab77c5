"""The truth beside the source files: answers/*.parquet, which the pipeline never reads."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from . import promises, signing, stages
from .company import CITIES, CLOCK_SECONDS, METHODS, ORDER_TYPES, ROUTES, SOURCES
from .history import Size
from .outcomes import DISPUTED
from .shapes import carrier, city, pick, place, province
from .write import BAD_KINDS

ENDINGS = ("normal", "returned_by_sender", "refused", "lost", "damaged", "locker", "disputed", "failed_once")


def write(connection: duckdb.DuckDBPyConnection, size: Size, out: Path, say: Callable[[str], None]) -> None:
    """Works out and writes every answer; `connection` holds the recorded history."""
    say("the truth: signatures")
    signing.prepare(connection, size.end)
    signing.sign(connection, "survived", only_written=True)
    signing.sign(connection, "complete", only_written=False)
    signing.transits(connection)
    say("the truth: promises")
    names = sorted({entry.province for entry in CITIES})
    promises.promise(connection, size.end, [names.index(entry.province) for entry in CITIES])
    say("the truth: stages")
    stages.work_out(connection)
    _orders(connection, size)
    stages.causes(connection)
    written = {
        "orders": _ORDERS, "suborders": _suborders(), "stages": stages.ANSWER, "bad_rows": _bad_rows(),
        "clocks": _clocks(), "figures": stages.FIGURES,
    }  # fmt: skip
    for name, query in written.items():
        connection.execute(f"COPY ({query}) TO '{out / f'{name}.parquet'}' (FORMAT parquet)")


def _instant(column: str) -> str:
    return f"make_timestamptz(CAST({column} * 1000000 AS BIGINT))"


def _orders(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """Creates `order_answers`: each order's promise, signature and verdict."""
    connection.execute(
        f"""
        CREATE TABLE suborder_answers AS
        SELECT promised.*, signed.signed, signed.sign_source, signed.method, signed.is_cancelled,
            signed.is_live,
            -- cancelled after its promise, it stays due and missed
            signed.is_live OR coalesce(signed.is_cancelled AND cancelled_at > promised_at, false)
                AS is_counted,
            complete.signed AS complete_signed, complete.is_live AS complete_is_live, truth.true_signed
        FROM promised
        JOIN (SELECT sub, signed, sign_source, method, is_cancelled, is_live FROM survived_signed)
            AS signed USING (sub)
        JOIN (SELECT sub, signed, is_live FROM complete_signed) AS complete USING (sub)
        LEFT JOIN ({_TRUE_SIGNED}) AS truth USING (sub)
        """
    )
    connection.execute(
        f"""
        CREATE TABLE order_answers AS
        WITH rolled AS (
            SELECT ord,
                count(*) FILTER (is_live) AS live,
                -- a batch cancelled in time counts nowhere, as long as another one counts
                CASE WHEN bool_or(is_counted) THEN max(promised_at) FILTER (is_counted)
                    ELSE max(promised_at) END AS promised,
                coalesce(bool_or(batch_wished IS NOT NULL AND NOT is_plan_complete) FILTER (is_counted),
                    false) AS is_pending,
                max(batch_buffer) AS buffer_hours,
                coalesce(max(batch_wished) FILTER (is_counted), max(batch_wished)) AS last_wished,
                CASE WHEN bool_and(signed IS NOT NULL) FILTER (is_live) THEN max(signed)
                    FILTER (is_live) END AS signed,
                CASE WHEN bool_and(true_signed IS NOT NULL) FILTER (is_live) THEN max(true_signed)
                    FILTER (is_live) END AS true_signed,
                max(signed - promised_at) FILTER (is_live) AS late_seconds,
                bool_and(signed IS NOT DISTINCT FROM complete_signed AND is_live = complete_is_live)
                    AS is_decidable
            FROM suborder_answers GROUP BY ord
        ), deciding AS (
            SELECT ord, sub, code, place, carrier FROM suborder_answers
            QUALIFY row_number() OVER (
                PARTITION BY ord ORDER BY is_live DESC, signed IS NULL DESC,
                    CASE WHEN is_live THEN signed - promised_at END DESC NULLS LAST,
                    CASE WHEN is_live THEN signed END DESC NULLS LAST, code
            ) = 1
        )
        SELECT orders.*, orders.shipped + 20 <= {size.end} AS shipped_known,
            orders.cancelled >= 0 AND orders.cancelled + 20 <= {size.end} AS cancel_known,
                rolled.* EXCLUDE (ord), deciding.sub AS deciding_sub, deciding.code AS deciding_suborder,
            deciding.place, deciding.carrier,
            CASE WHEN NOT coalesce(is_pending, true) THEN promised END AS promised_at,
            CASE WHEN signed IS NOT NULL AND NOT is_pending AND promised IS NOT NULL
                THEN late_seconds END AS lateness
        FROM orders
        LEFT JOIN rolled USING (ord)
        LEFT JOIN deciding USING (ord)
        WHERE orders.placed + 20 <= {size.end}
        """
    )


# What truly was in the customer's hands when: a disputed first signature never was one.
_TRUE_SIGNED = f"""
    SELECT sub, min(t) AS true_signed
    FROM evidence JOIN known USING (sub)
    WHERE superseded IS NULL AND replaced_by IS NULL
        AND (
            evidence.kind IN (20, 21) AND (known.ending <> {DISPUTED}
                OR evidence.method = {METHODS.index("after_exception")})
            OR evidence.kind = 27 AND known.ending = {DISPUTED}
        )
    GROUP BY sub"""

_ORDERS = f"""
    SELECT order_no AS order_id, {pick([kind.code for kind in ORDER_TYPES], "type")} AS order_type,
        {_instant("placed")} AS placed_at,
        DATE '1970-01-01' + CAST(coalesce(last_wished, CASE WHEN wished_day >= day THEN wished_day END)
            AS INTEGER) AS wished_date,
        {_instant("promised_at")} AS promised_at, buffer_hours, {_instant("signed")} AS signed_at,
        {_instant("true_signed")} AS true_signed_at, lateness <= 0 AS is_on_time, lateness / 60.0
            AS lateness_minutes,
        deciding_suborder, {place("place")} AS place, {carrier("carrier")} AS carrier,
        late_stage AS cause_stage, late_place AS cause_place, late_minutes AS cause_minutes,
        coalesce(live = 0, false) OR (live IS NULL AND cancel_known) AS is_cancelled,
        CASE WHEN shipped >= 0 AND shipped_known THEN {_instant("shipped")} END AS erp_shipped_at,
        {_instant("ship_by")} AS erp_ship_by_at,
        CASE WHEN shipped >= 0 AND shipped_known THEN shipped <= ship_by END AS is_erp_on_time,
        coalesce(is_decidable, true) AS is_decidable
    FROM order_answers LEFT JOIN causes USING (ord) ORDER BY ord"""


def _suborders() -> str:
    return f"""
        SELECT s.code AS fulfilment_code, s.order_no AS order_id, {pick(ROUTES, "s.route")} AS route,
            {place("s.place")} AS origin_place, {carrier("s.carrier")} AS planned_carrier,
                {city("s.city")} AS destination_city,
            {province("s.city")} AS destination_province, s.batch_no AS batch, s.is_planned, s.lane_level,
            coalesce(s.sample, 0) AS sample,
            s.p50 AS p50_hours, s.p80 AS p80_hours, s.buffer_hours, {_instant("s.promised_at")}
                AS promised_at,
            {_instant("s.signed")} AS signed_at, {_instant("s.true_signed")} AS true_signed_at, s.sign_source,
            {pick(METHODS, "s.method::INTEGER")} AS sign_method, s.is_cancelled,
                {_instant("s.cancelled_at")} AS cancelled_at,
            replacing.code AS replaced_by, before.code AS replaces, {pick(ENDINGS, "s.ending")} AS ending,
                s.is_live,
            s.signed IS NOT DISTINCT FROM s.complete_signed AS is_decidable
        FROM suborder_answers AS s
        LEFT JOIN suborders AS replacing ON replacing.sub = s.replaced_by
        LEFT JOIN suborders AS before ON before.sub = s.replaces
        ORDER BY s.sub"""


def _bad_rows() -> str:
    kinds = " ".join(f"WHEN {number} THEN '{name}'" for number, name in BAD_KINDS.items())
    return f'SELECT source, "table", file, line, CASE kind {kinds} END AS kind FROM bad_rows ORDER BY ALL'


def _clocks() -> str:
    rows = ", ".join(
        f"('{source}', {seconds})" for source, seconds in zip(SOURCES, CLOCK_SECONDS, strict=True)
    )
    return f"SELECT * FROM (VALUES {rows}) AS clocks (source, offset_seconds)"
