"""By hand in Polars: what each order was promised, and how it is judged.

Belongs here: plans, buffers, promises, verdicts. Not here: signatures (by_polars_signed.py), anything summed up.
"""

import polars as pl
from polars import col

from tests.bench import reference
from tests.bench.by_polars_time import end_of_day

LANES = (["origin", "carrier", "city"], ["carrier", "province"], ["carrier"], [])


def promised(parts: pl.DataFrame, now: int) -> pl.DataFrame:
    """The plan is what was recorded within two hours of the first of order and batch; its largest buffer counts."""
    of_batch = ["order_id", "batch"]
    plan_ends = col("recorded").min().over(of_batch) + reference.PLAN_SECONDS
    buffer = (col("high") - col("low")).clip(0, reference.BUFFER_MAXIMUM_HOURS).fill_null(0)
    return (
        _with_buffers(parts)
        .with_columns(is_planned=col("recorded") <= plan_ends, is_plan_complete=plan_ends <= now)
        .with_columns(buffer=pl.when("is_planned").then(buffer).max().over(of_batch))
        .with_columns(
            due=pl.when("is_plan_complete").then(end_of_day(col("wished_day")) + 3600 * col("buffer")),
        )
        .with_columns(is_missed=(col("is_cancelled") & (col("cancelled") > col("due"))).fill_null(False))
        .with_columns(is_counted=col("is_live") | col("is_missed"))
    )


def _with_buffers(parts: pl.DataFrame) -> pl.DataFrame:
    """P50 and P80 of the finest lane of which 30 transits became known on the 60 days before the order's."""
    transits = parts.filter(col("hours").is_not_null())
    waiting, done = parts, []
    for lane in LANES:
        lane_days = [*lane, "day"]
        asked = waiting.select(*lane, day="order_day").unique()
        seen = (
            transits.filter(
                col("known_day").is_between(
                    asked["day"].min() - reference.TRANSIT_WINDOW_DAYS, asked["day"].max() - 1
                )
            )
            .join(asked.select(lane).unique(), on=lane, how="semi")
            .group_by(*lane, day="known_day")
            .agg("hours")
            if lane
            else transits.group_by(day="known_day").agg("hours")
        )
        hours = col("hours").explode(empty_as_null=False)
        count = hours.len()
        buffers = (
            pl.concat(
                [seen, asked.with_columns(hours=pl.lit([], dtype=seen.schema["hours"]))], how="diagonal"
            )
            .group_by(lane_days)
            .agg(hours.alias("hours"))
            .sort(lane_days)
            .rolling("day", period=f"{reference.TRANSIT_WINDOW_DAYS}i", closed="left", group_by=lane)
            .agg(
                sample=count,
                # the k-th smallest with k = ⌈q·n⌉
                low=hours.sort().get((count + 1) // 2 - 1, null_on_oob=True),
                high=hours.sort().get((4 * count + 4) // 5 - 1, null_on_oob=True),
            )
            .filter(col("sample") >= (reference.LANE_MINIMUM_SAMPLE if lane else 1))
        )
        found = waiting.join(buffers, left_on=[*lane, "order_day"], right_on=lane_days, how="left")
        done.append(found.filter(col("sample").is_not_null()))
        waiting = found.filter(col("sample").is_null()).select(parts.columns)
        if waiting.is_empty():
            break
    return pl.concat([*done, waiting], how="diagonal")


def judged(orders: pl.DataFrame, parts: pl.DataFrame, contacts: pl.DataFrame, now: int) -> pl.DataFrame:
    live = col("is_live")
    kept = (col("claimed") <= col("due")).fill_null(False)
    rolled = parts.group_by("order_id").agg(
        has_parts=col("replaced").is_null().any(),
        has_live=live.any(),
        has_missed=col("is_missed").any(),
        has_pending=(col("is_counted") & ~col("is_plan_complete")).any(),
        due=pl.when(col("is_counted").any())
        .then(col("due").filter("is_counted").max())
        .otherwise(col("due").max()),
        last_cancelled=col("cancelled").filter("is_cancelled").max(),
        signed=pl.when(col("signed").is_not_null().filter(live).all()).then(col("signed").filter(live).max()),
        latest=(col("signed") - col("due")).filter(live).max(),
        is_first_claimed=(live & kept).any(),
        is_all_claimed=live.any() & kept.filter(live).all(),
        gave_up=pl.when(pl.coalesce("signed", "closed").is_not_null().filter(live).all()).then(
            pl.coalesce("signed", "closed").filter(live).max()
        ),
    )
    deciding = (
        parts.sort(
            "order_id",
            ~live,
            col("signed").is_not_null(),
            -pl.when(live).then(col("signed") - col("due")),
            -pl.when(live).then("signed"),
            "fulfilment_code",
            nulls_last=True,
        )
        .unique("order_id", keep="first", maintain_order=True)
        .select("order_id", deciding_suborder="fulfilment_code")
    )
    is_cancelled = ~col("has_live") & (col("order_cancelled").is_not_null() | col("has_parts"))
    wished_day_ends = end_of_day(col("wished_day"))
    complaints = (
        contacts.filter(col("event_type") != "received_click").select("order_id", has_complaint=True).unique()
    )
    return (
        orders.join(rolled, on="order_id", how="left")
        .join(deciding, on="order_id", how="left")
        .join(complaints, on="order_id", how="left")
        .with_columns(
            col("has_pending").fill_null(True),
            col("has_parts", "has_live", "has_missed", "has_complaint").fill_null(False),
            col("is_first_claimed", "is_all_claimed").fill_null(False),
        )
        .with_columns(
            is_cancelled=is_cancelled,
            is_cancelled_late=col("has_parts") & col("has_missed"),
            is_pending=col("wished_day").is_not_null() & col("has_pending"),
        )
        .with_columns(promised=pl.when(~col("is_pending")).then("due"))
        .with_columns(
            lateness=pl.when(col("promised").is_not_null() & col("signed").is_not_null()).then("latest"),
            is_due=(col("promised") <= now).fill_null(False)
            & (~col("is_cancelled") | col("is_cancelled_late")),
            is_wish_met=(col("signed") <= wished_day_ends).fill_null(False),
            is_wish_due=(wished_day_ends <= now).fill_null(False) & ~col("is_cancelled") & ~col("is_pending"),
        )
        .with_columns(
            is_kept=col("is_due") & (col("lateness") <= 0).fill_null(False) & ~col("is_cancelled_late"),
            is_followed=col("promised").is_not_null() & (~col("is_cancelled") | col("is_due")),
            ended=pl.coalesce(
                "signed",
                pl.when("is_cancelled")
                .then(pl.coalesce("last_cancelled", "order_cancelled"))
                .otherwise("gave_up"),
            ),
        )
        .with_columns(is_in_full=col("is_kept") & col("is_filled").fill_null(True))
    )
