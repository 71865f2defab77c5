"""When sub-orders were signed, worked out from the recorded events by the company's own definition.

Belongs here: signatures and the transit times they give.
    It reads the history's tables and nothing else; promises are
next door. `shown` instants are those of each source's own clock.
"""

import duckdb

from .company import CARRIERS, KIND, NONE
from .dirt import LOST, WRITTEN

_CARRIER_KINDS = (KIND["picked_up"], KIND["lost"])
_ASKED = (
    "placed", "paid", "finance_approved", "transfer_requested", "transfer_received", "supplier_ordered",
    "supplier_shipped", "pick_started", "picked", "packed", "outbound", "picked_up", "hub_arrived",
    "out_for_delivery", "available_for_pickup", "collected", "delivered", "received_click", "not_received_ticket",
)  # fmt: skip


def prepare(connection: duckdb.DuckDBPyConnection, end: int) -> None:
    """Creates `known`, sub-orders recorded by the end, and `evidence`, events (`is_written`: in files)."""
    silent = ", ".join(str(at) for at, carrier in enumerate(CARRIERS) if not carrier.sends_collected)
    typed = ", ".join(str(at) for at, carrier in enumerate(CARRIERS) if carrier.is_typed_in)
    connection.execute(
        f"""
        CREATE TABLE known AS
        SELECT suborders.*, orders.day, orders.order_no, orders.type,
            greatest(batch, 0) AS batch_no,
            -- the sub-order is cancelled when it is or its order is, whichever comes first
            least(
                CASE WHEN suborders.cancelled >= 0 AND suborders.cancelled + 20 <= {end}
                    THEN suborders.cancelled END,
                CASE WHEN orders.cancelled >= 0 AND orders.cancelled + 20 <= {end} THEN orders.cancelled END
            ) AS cancelled_at,
            replacing.sub AS replaced_by, replacing.created AS replaced_at,
            count(*) OVER (PARTITION BY suborders.ord) AS siblings,
            suborders.carrier IN ({silent}) AS is_locker_enough,
            label >= 0 AND (hash(suborders.sub, 2) % 400 <> 0
                OR (hash(suborders.sub, 3) % 50 <> 0 AND suborders.carrier NOT IN ({typed}))) AS is_linked
        FROM suborders
        JOIN orders ON orders.ord = suborders.ord
        LEFT JOIN (
            SELECT replaces, min(sub) AS sub, min(created) AS created FROM suborders
            WHERE replaces <> {NONE} AND created <= {end} GROUP BY replaces
        ) AS replacing ON replacing.replaces = suborders.sub
        WHERE NOT suborders.is_void AND suborders.created <= {end}
        """
    )
    first, last = _CARRIER_KINDS
    asked = ", ".join(str(KIND[kind]) for kind in _ASKED)
    # a correction takes the place of what it corrects once it is recorded
    connection.execute(
        f"""
        CREATE TABLE evidence AS
        SELECT events.ev, events.kind, events.sub, events.ord, events.t, events.shown, events.recorded,
            events.method,
            events.source, events.place,
            corrections.recorded AS superseded,
            events.fate = {WRITTEN} AND (events.kind NOT BETWEEN {first} AND {last} OR known.is_linked)
                AS is_written
        FROM events
        LEFT JOIN known ON known.sub = events.sub
        LEFT JOIN (SELECT ev, recorded FROM events WHERE version = 1) AS corrections
            -- a condition on the left side alone would make this join slow
            ON corrections.ev = CASE WHEN events.version = 0 THEN events.ev END
        WHERE events.kind IN ({asked}) AND (events.sub < 0 OR known.sub IS NOT NULL)
        """
    )


def sign(connection: duckdb.DuckDBPyConnection, name: str, only_written: bool) -> None:
    """Creates `<name>_claims` and `<name>_signed`, one row a sub-order with its signature.

    Args:
        only_written: from what survives in the files; else from everything that was ever scanned.
    """
    where = "is_written" if only_written else f"{LOST} = {LOST}"
    click, hub, out = KIND["received_click"], KIND["hub_arrived"], KIND["out_for_delivery"]
    ticket = KIND["not_received_ticket"]
    connection.execute(
        f"""
        CREATE TABLE {name}_claims AS
        WITH seen AS (SELECT * FROM evidence WHERE {where}),
        claims AS (
            SELECT seen.sub, seen.kind, shown, recorded, superseded, method, false AS is_of_order
            FROM seen JOIN known USING (sub)
            WHERE kind IN ({KIND["delivered"]}, {KIND["collected"]}, {click})
                OR (kind = {KIND["available_for_pickup"]} AND is_locker_enough)
            UNION ALL
            SELECT known.sub, seen.kind, shown, recorded, superseded, 0, true
            FROM seen JOIN known USING (ord)
            WHERE seen.sub < 0 AND kind = {click}
        ), own AS (
            SELECT sub,
                min(shown) FILTER (kind = {KIND["outbound"]}) AS outbound,
                min(recorded) FILTER (kind = {KIND["outbound"]}) AS outbound_recorded,
                min(shown) FILTER (kind IN ({hub}, {out})) AS near,
                max(shown) FILTER (kind = {ticket}) AS ticket,
                max(recorded) FILTER (kind = {ticket}) AS ticket_recorded,
                min(shown) FILTER (kind = {KIND["picked_up"]}) AS picked_up,
                min(recorded) FILTER (kind = {KIND["picked_up"]}) AS picked_up_recorded
            FROM seen WHERE sub >= 0 GROUP BY sub
        ), of_order AS (
            SELECT ord, max(shown) AS ticket, max(recorded) AS ticket_recorded
            FROM seen WHERE sub < 0 AND kind = {ticket} GROUP BY ord
        )
        SELECT claims.*, claims.kind = {click} AS is_click, own.outbound, own.outbound_recorded, own.near,
            own.picked_up,
            own.picked_up_recorded, own.ticket AS own_ticket, own.ticket_recorded AS own_ticket_recorded,
            of_order.ticket AS order_ticket, of_order.ticket_recorded AS order_ticket_recorded,
            known.siblings
        FROM claims
        JOIN known ON known.sub = claims.sub
        LEFT JOIN own ON own.sub = claims.sub
        LEFT JOIN of_order ON of_order.ord = known.ord
        """
    )
    connection.execute(
        f"""
        CREATE TABLE {name}_signed AS
        WITH valid AS (
            SELECT * FROM {name}_claims
            WHERE superseded IS NULL
                AND coalesce(shown >= outbound, true)
                AND (is_click OR coalesce(shown >= greatest(own_ticket, order_ticket), true))
                AND (NOT is_of_order OR siblings = 1 OR coalesce(near <= shown, false))
        ), firsts AS (
            SELECT sub, min(shown) FILTER (NOT is_click) AS carrier_at, min(shown) FILTER (is_click)
                AS click_at,
                arg_min(method, (shown, method)) FILTER (NOT is_click) AS carrier_method
            FROM valid GROUP BY sub
        ), earliest AS (
            SELECT known.*, least(carrier_at, click_at) AS candidate, carrier_at, carrier_method
            FROM known LEFT JOIN firsts USING (sub)
        )
        SELECT sub, ord, batch_no, created, replaced_by, cancelled_at,
            CASE WHEN replaced_by IS NULL AND coalesce(candidate <= cancelled_at, true)
                THEN candidate END AS signed,
            CASE WHEN signed IS NULL THEN NULL WHEN signed = carrier_at THEN 'carrier'
                ELSE 'customer_click' END AS sign_source,
            CASE WHEN signed = carrier_at THEN carrier_method END AS method,
            cancelled_at IS NOT NULL AND signed IS NULL AND replaced_by IS NULL AS is_cancelled,
            replaced_by IS NULL AND NOT is_cancelled AS is_live
        FROM earliest
        """
    )


def transits(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates `transits` (sub, place, carrier, city, known_day, hours), one row a sub-order that gave one.

    As it stood when a pick-up and a valid signature were first both recorded in the files.
    """
    hub, out = KIND["hub_arrived"], KIND["out_for_delivery"]
    connection.execute(
        f"""
        CREATE TABLE transits AS
        WITH near AS (
            SELECT claims.sub, claims.shown, min(evidence.recorded) AS near_recorded
            FROM survived_claims AS claims
            JOIN evidence ON evidence.sub = claims.sub AND evidence.kind IN ({hub}, {out})
                AND evidence.is_written
                AND evidence.shown <= claims.shown
            WHERE claims.is_of_order AND claims.siblings > 1
            GROUP BY ALL
        ), both_known AS (
            SELECT claims.*,
                greatest(claims.recorded, picked_up_recorded, CASE WHEN is_of_order AND siblings > 1
                    THEN near_recorded END) AS known_at
            FROM survived_claims AS claims
            LEFT JOIN near
                ON near.sub = CASE WHEN claims.is_of_order THEN claims.sub END AND near.shown = claims.shown
            WHERE picked_up IS NOT NULL AND (NOT is_of_order OR siblings = 1 OR near_recorded IS NOT NULL)
        ), standing AS (
            SELECT * FROM both_known
            WHERE coalesce(superseded > known_at, true)
                AND NOT coalesce(outbound_recorded <= known_at AND shown < outbound, false)
                AND (is_click OR NOT (
                    coalesce(own_ticket_recorded <= known_at AND own_ticket > shown, false)
                    OR coalesce(order_ticket_recorded <= known_at AND order_ticket > shown, false)
                ))
        ), first_known AS (
            SELECT sub, min(known_at) AS known_at, arg_min(shown, (known_at, shown)) AS signed,
                any_value(picked_up) AS picked_up
            FROM standing GROUP BY sub
        )
        SELECT first_known.sub, known.place, known.carrier, known.city,
            (known_at - 1 + 28800) // 86400 AS known_day,
            (signed - picked_up + 3599) // 3600 AS hours
        FROM first_known JOIN known USING (sub)
        WHERE signed > picked_up
            AND coalesce(known.replaced_at > known_at, true)
            AND NOT coalesce(known.cancelled_at + 20 <= known_at AND known.cancelled_at < signed, false)
        """
    )
