"""The bench company's figures by hand, in Polars: `python -m tests.bench.script by_polars SOURCE AS_OF OUT`.

Belongs here: from the files to orders and sub-orders, a row each. Not here: their signatures (by_polars_signed.py) and
promises (by_polars_orders.py), what is counted (by_polars_figures.py, by_polars_steps.py), parameters and standards
(reference.py).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars import col

from tests.bench import by_polars_figures, by_polars_orders, by_polars_signed, by_polars_steps, reference
from tests.bench.by_polars_time import day_of, seconds

Scan = Callable[[str], pl.LazyFrame]


def run(source: Path, as_of: datetime, out: Path) -> None:
    """Write the tables verdicts, rates, deviations, bridge and lateness to the DuckDB file `out`, made anew."""
    known_by = as_of.astimezone(UTC)

    def scan(table: str) -> pl.LazyFrame:
        return pl.scan_parquet(source / table / "*" / "*.parquet").filter(col("recorded_at") <= known_by)

    now = int(as_of.timestamp())
    orders = _orders(scan)
    contacts = _contacts(scan)
    # a row that lacks either is no event; the product keeps it in quarantine
    tracks = scan("carrier/tracks").drop_nulls(["waybill", "event_type"])
    parts = by_polars_signed.signed(_parts(scan, orders, tracks), tracks, contacts, now)
    parts = by_polars_orders.promised(parts, now)
    judged = by_polars_orders.judged(orders, parts, contacts, now)
    figures = by_polars_figures.tables(judged, parts, now) | by_polars_steps.tables(judged, parts, now)
    reference.write(out, figures)


def _first(event_type: str, instant: str = "occurred_at") -> pl.Expr:
    return col(instant).filter(col("event_type") == event_type).min().dt.epoch("s")


def _orders(scan: Scan) -> pl.DataFrame:
    """What was asked for, and what befell the order as a whole."""
    shipped = col("event_type").is_in(["erp_shipped", "erp_completed"])
    cancelled = (col("event_type") == "cancelled") & col("fulfilment_code").is_null()
    statuses = (
        scan("erp/statuses")
        .group_by("order_id")
        .agg(
            paid=_first("paid"),
            approved=_first("finance_approved"),
            erp_shipped=col("occurred_at").filter(shipped).min().dt.epoch("s"),
            order_cancelled=col("occurred_at").filter(cancelled).min().dt.epoch("s"),
            order_cancelled_known=col("recorded_at").filter(cancelled).min().dt.epoch("s"),
        )
    )
    received = scan("crm/receipts").group_by("order_id", "line_number").agg(received=col("quantity").sum())
    filled = (
        scan("erp/order_lines")
        .join(received, on=["order_id", "line_number"], how="left")
        .group_by("order_id")
        .agg(is_filled=(col("received").fill_null(0) >= col("quantity")).all())
    )
    order_day, wished_day = day_of(seconds("placed_at")), col("wished_date").cast(pl.Int32).cast(pl.Int64)
    in_time = col("erp_shipped") <= seconds("ship_by_at")
    return (
        scan("erp/orders")
        .join(statuses, on="order_id", how="left")
        .join(filled, on="order_id", how="left")
        .with_columns(
            placed=seconds("placed_at"),
            order_day=order_day,
            wished_day=pl.when(wished_day >= order_day).then(wished_day),
            is_erp_on_time=in_time.fill_null(col("erp_shipped").is_not_null()),
        )
        .drop("customer_id", "placed_at", "wished_date", "ship_by_at", "amount", "recorded_at")
        .collect()
    )


def _parts(scan: Scan, orders: pl.DataFrame, tracks: pl.LazyFrame) -> pl.DataFrame:
    """Sub-orders with the first stamp of each kind, when some were known, and how they are linked."""
    transfer = col("event_type").is_in(["transfer_requested", "transfer_dispatched"])
    scans = (
        scan("wms/scans")
        .group_by("fulfilment_code")
        .agg(
            *(_first(event_type).alias(name) for event_type, name in reference.SCANS.items()),
            outbound_known=_first("outbound", "recorded_at"),
            sending=col("place").filter(transfer).first(),
        )
    )
    known = reference.TRACKS
    parcels = (
        tracks.filter(col("event_type").is_in(list(known)))
        .group_by("waybill")
        .agg(
            *(_first(event_type).alias(name) for event_type, name in known.items()),
            *(_first(event_type, "recorded_at").alias(f"{name}_known") for event_type, name in known.items()),
        )
    )
    suborders = scan("erp/suborders").with_columns(recorded=seconds("recorded_at"))
    replacements = (
        suborders.filter(col("replaces").is_not_null())
        .group_by(fulfilment_code=col("replaces"))
        .agg(replaced=col("recorded").min())
    )
    cancellations = (
        scan("erp/statuses")
        .filter((col("event_type") == "cancelled") & col("fulfilment_code").is_not_null())
        .group_by("fulfilment_code")
        .agg(
            own_cancelled=col("occurred_at").min().dt.epoch("s"),
            own_cancelled_known=col("recorded_at").min().dt.epoch("s"),
        )
    )
    links = scan("carrier/waybills").select("waybill", "fulfilment_code", linked=seconds("recorded_at"))
    replaced = suborders.select(replaces="fulfilment_code", replaced_batch="batch")
    return (
        suborders.rename(
            {"origin_place": "origin", "destination_city": "city", "destination_province": "province"}
        )
        .join(orders.lazy().drop("erp_shipped", "is_filled", "is_erp_on_time"), on="order_id")
        .join(replaced, on="replaces", how="left")
        .join(replacements, on="fulfilment_code", how="left")
        .join(cancellations, on="fulfilment_code", how="left")
        .join(scans, on="fulfilment_code", how="left")
        .join(links, on="fulfilment_code", how="left")
        .join(parcels, on="waybill", how="left")
        .with_columns(
            batch=pl.coalesce("batch", "replaced_batch", pl.lit(0)),
            sending=col("sending").fill_null("unknown"),
            cancelled=pl.min_horizontal("own_cancelled", "order_cancelled"),
        )
        # of a parcel nothing is known before its waybill is linked
        .with_columns(
            pl.max_horizontal(f"{name}_known", "linked").alias(f"{name}_known") for name in known.values()
        )
        .drop("recorded_at", "replaces", "replaced_batch")
        .collect()
    )


def _contacts(scan: Scan) -> pl.DataFrame:
    return (
        scan("crm/contacts")
        .group_by("order_id", "fulfilment_code", "event_type", occurred=seconds("occurred_at"))
        .agg(known=col("recorded_at").min().dt.epoch("s"))
        .with_row_index("contact")
        .collect()
    )
