"""By hand in Polars: which sub-orders are signed, when that was first known, and how they ended otherwise.

Belongs here: claims, disputes, signatures, transit times. Not here: the files (by_polars.py), promises
(by_polars_orders.py).
"""

import polars as pl
from polars import col

from tests.bench import reference
from tests.bench.by_polars_time import day_of, seconds

FAILED = ["refused", "returned_signed"]
CLAIMING = ["delivered", "collected", "available_for_pickup", *FAILED]


def signed(parts: pl.DataFrame, tracks: pl.LazyFrame, contacts: pl.DataFrame, now: int) -> pl.DataFrame:
    """Sub-orders with their signature, their end otherwise, and the one transit time they give."""
    tickets = _tickets(parts, contacts)
    claims = (
        pl.concat(
            [_arrivals(tracks, parts), _clicks(parts, contacts), _whole_clicks(parts, contacts)],
            how="diagonal_relaxed",
        )
        .with_row_index("claim")
        .join(
            parts.select(
                "fulfilment_code", "outbound", "outbound_known", "pickup", "pickup_known", "recorded"
            ),
            on="fulfilment_code",
        )
        .with_columns(
            known=pl.when(col("pickup").is_not_null() & col("known").is_not_null()).then(
                pl.max_horizontal("known", "pickup_known", "recorded")
            ),
            is_after_outbound=(col("occurred") >= col("outbound")).fill_null(True),
        )
        .join(
            tickets.group_by("fulfilment_code").agg(col("ticketed").max()), on="fulfilment_code", how="left"
        )
    )
    stands = col("superseded").is_null()
    valid = (
        ~col("is_void") & ~col("is_unclear") & stands & col("is_after_outbound")
        & (col("is_click") | (col("occurred") >= col("ticketed")).fill_null(True))
    )  # fmt: skip
    ends = claims.group_by("fulfilment_code").agg(
        candidate=col("occurred").filter(valid).min(),
        claimed=col("occurred").filter(stands & (col("event_type") != "refused")).min(),
        failed=col("occurred").filter(stands & col("event_type").is_in(FAILED)).min(),
    )
    disputed = (
        claims.filter(~col("is_click"))
        .join(tickets, on="fulfilment_code", suffix="_then")
        .filter((col("ticketed_then") > col("occurred")) & (col("ticket_known") <= col("known")))
    )
    transits = (
        claims.filter(
            ~col("is_void"),
            col("known").is_not_null(),
            (col("superseded") > col("known")).fill_null(True),
            col("is_after_outbound") | (col("outbound_known") > col("known")),
        )
        .join(disputed, on="claim", how="anti")
        .sort("known", "occurred")
        .unique("fulfilment_code", keep="first", maintain_order=True)
        .select("fulfilment_code", then="known", signed_then="occurred")
    )

    def cancelled_by_then(whose: str) -> pl.Expr:
        is_known = (col(f"{whose}_cancelled_known") <= col("then")).fill_null(False)
        return is_known & (col(f"{whose}_cancelled") < col("signed_then"))

    is_transit = (
        (col("signed_then") > col("pickup"))
        & (col("replaced") > col("then")).fill_null(True)
        & ~cancelled_by_then("own") & ~cancelled_by_then("order")
    )  # fmt: skip
    is_signed = col("replaced").is_null() & (col("candidate") <= col("cancelled")).fill_null(True)
    closes = col("failed") + reference.CLOSING_SECONDS
    return (
        parts.join(ends, on="fulfilment_code", how="left")
        .join(transits, on="fulfilment_code", how="left")
        .with_columns(
            signed=pl.when(is_signed).then("candidate"),
            closes=pl.when(closes <= now).then(closes),
            hours=pl.when(is_transit).then((col("signed_then") - col("pickup") + 3599) // 3600),
            known_day=day_of(col("then")),
        )
        .with_columns(
            is_live=col("replaced").is_null() & (col("cancelled").is_null() | col("signed").is_not_null()),
            is_cancelled=col("replaced").is_null() & col("cancelled").is_not_null() & col("signed").is_null(),
            closed=pl.when(
                col("signed").is_null() & col("replaced").is_null() & col("cancelled").is_null()
            ).then("closes"),
            left_at=pl.when(col("signed").is_null()).then(
                pl.min_horizontal(
                    "replaced",
                    "cancelled",
                    pl.when((col("replaced") > col("closes")).fill_null(True)).then("closes"),
                )
            ),
        )
    )


def _arrivals(tracks: pl.LazyFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """What the carrier says of a parcel's end; the content first recorded last holds."""
    void = col("event_type").is_in(FAILED) | (
        (col("event_type") == "available_for_pickup") & col("carrier").is_in(reference.collecting_carriers())
    )
    return (
        tracks.filter(col("event_type").is_in(CLAIMING))
        .group_by("waybill", "track_id", "event_type", occurred=seconds("occurred_at"))
        .agg(known=col("recorded_at").min().dt.epoch("s"))
        .sort("track_id", "known")
        .with_columns(superseded=col("known").shift(-1).over("track_id"))
        .join(parts.lazy().select("waybill", "fulfilment_code", "carrier", "linked"), on="waybill")
        .select(
            "fulfilment_code",
            "event_type",
            "occurred",
            "superseded",
            known=pl.max_horizontal("known", "linked"),
            is_click=False,
            is_void=void,
            is_unclear=False,
        )
        .collect()
    )


def _clicks(parts: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    return (
        contacts.filter(col("event_type") == "received_click")
        .join(parts.select("fulfilment_code"), on="fulfilment_code")
        .select(
            "fulfilment_code",
            "event_type",
            "occurred",
            "known",
            is_click=True,
            is_void=False,
            is_unclear=False,
        )
    )


def _whole_clicks(parts: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Clicks that name only the order: each signs a sub-order once that is known to be near the customer, or the only
    one alive. Unclear is what neither holds of as things are known now.
    """
    clicks = (
        contacts.filter(col("event_type").eq("received_click") & col("fulfilment_code").is_null())
        .drop("fulfilment_code")
        .join(parts, on="order_id")
        .with_columns(
            known=pl.when(col("pickup").is_not_null()).then(
                pl.max_horizontal("known", "pickup_known", "recorded")
            ),
            is_near=(pl.min_horizontal("hub", "out_for") <= col("occurred")).fill_null(False),
            near_known=pl.min_horizontal(
                *(pl.when(col(name) <= col("occurred")).then(f"{name}_known") for name in ("hub", "out_for"))
            ),
        )
    )
    at = ["contact", "fulfilment_code"]
    is_gone = col("own_cancelled_right") <= col("occurred")
    others = (
        clicks.join(clicks, on="contact")
        .filter(col("fulfilment_code") != col("fulfilment_code_right"))
        .select(
            *at,
            "known",
            first=col("recorded_right"),
            gone=pl.min_horizontal("replaced_right", pl.when(is_gone).then("own_cancelled_known_right")),
            is_alive=col("replaced_right").is_null() & ~is_gone.fill_null(False),
        )
    )
    later = others.filter(col("gone").is_not_null()).select(*at, known=pl.max_horizontal("known", "gone"))
    instants = pl.concat([clicks.select(*at, "known"), later]).unique()
    still_there = (col("first") <= col("known")) & (col("gone").is_null() | (col("gone") > col("known")))
    accompanied = instants.join(others.drop("known"), on=at).filter(still_there)
    alone = (
        instants.join(accompanied, on=[*at, "known"], how="anti", nulls_equal=True)
        .group_by(at)
        .agg(alone_known=col("known").min())
    )
    return (
        clicks.join(alone, on=at, how="left")
        .join(others.group_by(at).agg(has_others=col("is_alive").any()), on=at, how="left")
        .select(
            "fulfilment_code",
            "event_type",
            "occurred",
            known=pl.when(col("known").is_not_null()).then(
                pl.min_horizontal(
                    "alone_known",
                    pl.when(col("near_known").is_not_null()).then(pl.max_horizontal("known", "near_known")),
                )
            ),
            is_click=True,
            is_void=False,
            is_unclear=col("has_others").fill_null(False) & ~col("is_near"),
        )
    )


def _tickets(parts: pl.DataFrame, contacts: pl.DataFrame) -> pl.DataFrame:
    """Tickets "not received", at each sub-order that they are about."""
    tickets = contacts.filter(col("event_type") == "not_received_ticket")
    return (
        tickets.join(parts.select("order_id", "fulfilment_code"), on="order_id")
        .filter(col("fulfilment_code").is_null() | (col("fulfilment_code") == col("fulfilment_code_right")))
        .select(fulfilment_code="fulfilment_code_right", ticketed="occurred", ticket_known="known")
    )
