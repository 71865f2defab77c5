"""By hand in Polars: verdicts, rates and the bridge.

Belongs here: what is counted from judged orders. Not here: how they are judged (by_polars_orders.py), stages
(by_polars_steps.py).
"""

import polars as pl
from polars import col

from tests.bench import reference
from tests.bench.by_polars_time import as_date, day_of
from tests.bench.reference import DAY, WILSON_Z, ZONE


def tables(judged: pl.DataFrame, parts: pl.DataFrame, now: int) -> dict[str, pl.DataFrame]:
    """The tables verdicts, rates and bridge."""
    daily = _daily(judged, parts)
    periods = _periods(daily, now)
    return {
        "verdicts": judged.select(
            "order_id",
            pl.from_epoch("promised", "s").dt.replace_time_zone("UTC").alias("promised_at"),
            pl.from_epoch("signed", "s").dt.replace_time_zone("UTC").alias("signed_at"),
            (col("lateness") <= 0).alias("is_on_time"),
            (col("lateness") / 60).alias("lateness_minutes"),
            "is_due",
            "is_kept",
            "deciding_suborder",
        ),
        "rates": _rates(daily, periods),
        "bridge": _bridge(judged, daily, periods),
    }


def _daily(judged: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Numerators and denominators of each rate by day; of the open and overdue, what opened less what closed."""

    def count(
        metric: str, rows: pl.DataFrame, day: pl.Expr, is_counted: pl.Expr, weight: pl.Expr | None = None
    ) -> pl.DataFrame:
        """How many of the rows by day; `weight` instead of 1 in the denominator."""
        weight = pl.lit(1) if weight is None else weight
        return (
            rows.select(day=day, numerator=is_counted.cast(pl.Int64), denominator=weight.cast(pl.Int64))
            .group_by("day")
            .agg(col("numerator", "denominator").sum())
            .with_columns(metric=pl.lit(metric))
        )

    signed = judged.filter(col("signed").is_not_null() & ~col("is_pending"))
    due, wished = judged.filter("is_due"), judged.filter("is_wish_due")
    followed = judged.filter("is_followed")
    covered = parts.filter(
        "is_planned", *(col(name).is_not_null() for name in ("signed", "due", "hours", "high"))
    )
    signed_day, due_day = day_of(col("signed")), day_of(col("promised"))
    is_promised, is_late_end = col("promised").is_not_null(), col("ended") > col("promised")
    return pl.concat(
        [
            count(
                "true_on_time_rate", signed, signed_day, (col("lateness") <= 0).fill_null(False), is_promised
            ),
            count("promised_share", signed, signed_day, is_promised),
            count("promise_kept_rate", due, due_day, col("is_kept")),
            count("in_full_on_time_rate", due, due_day, col("is_in_full")),
            count("complaint_rate", due, due_day, col("has_complaint")),
            count(
                "erp_on_time_rate",
                judged.filter(col("erp_shipped").is_not_null()),
                day_of(col("erp_shipped")),
                col("is_erp_on_time"),
            ),
            count("wished_date_hit_rate", wished, col("wished_day"), col("is_wish_met")),
            count("promise_coverage", covered, signed_day, col("hours") <= col("high")),
            count("open_overdue", due.filter(is_late_end.fill_null(True)), due_day, pl.lit(1), pl.lit(0)),
            count(
                "open_overdue",
                followed.filter(col("ended").is_not_null()),
                pl.max_horizontal(day_of(col("ended")), "order_day"),
                -(col("is_due") & is_late_end).cast(pl.Int64),
                pl.lit(-1),
            ),
            count("open_overdue", followed, col("order_day"), pl.lit(0)),
        ]
    )


def _periods(daily: pl.DataFrame, now: int) -> pl.DataFrame:
    today = (now + ZONE - 1) // DAY
    first = min(daily["day"].min(), today)
    days = pl.DataFrame({"day": range(first, today + 1)}, schema={"day": pl.Int64})
    date = as_date(col("day"))
    return pl.concat(
        [
            days.with_columns(period=pl.lit("day"), period_start=date),
            days.with_columns(period=pl.lit("month"), period_start=date.dt.truncate("1mo")),
            days.with_columns(period=pl.lit("all"), period_start=as_date(pl.lit(first))),
        ]
    )


def _rates(daily: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    of_period = ["metric", "period", "period_start"]
    flows = daily.filter(col("metric") != "open_overdue")
    sums = (
        periods.join(flows.select("metric").unique(), how="cross")
        .join(flows, on=["metric", "day"], how="left")
        .group_by(of_period)
        .agg(col("numerator", "denominator").sum())
    )
    # what is open at the end of a period is all that has opened less all that has closed by then
    changes = (
        daily.filter(col("metric") == "open_overdue")
        .group_by("day")
        .agg(col("numerator", "denominator").sum())
    )
    stock = (
        periods.select("day").unique().join(changes, on="day", how="left").sort("day")
        .with_columns(col("numerator", "denominator").fill_null(0).cum_sum())
    )  # fmt: skip
    open_overdue = (
        periods.join(stock, on="day").sort("day").group_by("period", "period_start")
        .agg(col("numerator", "denominator").last()).with_columns(metric=pl.lit("open_overdue"))
    )  # fmt: skip
    n = col("denominator")
    share = pl.when(n > 0).then(col("numerator") / n)
    spread = WILSON_Z * (share * (1 - share) / n + WILSON_Z**2 / (4 * n.cast(pl.Float64) ** 2)).sqrt()

    def end(side: int) -> pl.Expr:
        return ((share + WILSON_Z**2 / (2 * n) + side * spread) / (1 + WILSON_Z**2 / n)).clip(0, 1)

    both = pl.concat([sums, open_overdue.select(sums.columns)])
    return both.with_columns(value=share, ci_low=end(-1), ci_high=end(1))


def _bridge(judged: pl.DataFrame, daily: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """The same orders under one verdict after another."""
    verdicts = [
        col("is_erp_on_time"), col("is_first_claimed"), col("is_all_claimed"), col("is_kept"), col("is_in_full"),
        col("is_in_full") & (col("wished_day").is_null() | col("is_wish_met")),
    ]  # fmt: skip
    due = judged.filter("is_due").with_columns(day=day_of(col("promised")))
    steps = [
        daily.filter(col("metric") == "erp_on_time_rate").drop("metric").with_columns(orders="denominator"),
        *(
            due.group_by("day").agg(
                numerator=verdict.sum().cast(pl.Int64),
                denominator=pl.len().cast(pl.Int64),
                orders=(pl.len() if number == 0 else (verdict != verdicts[number - 1]).sum()).cast(pl.Int64),
            )
            for number, verdict in enumerate(verdicts)
        ),
    ]
    of_step = ["period", "period_start", "step_number", "step"]
    names = pl.DataFrame({"step": reference.BRIDGE}).with_columns(
        step_number=pl.int_range(1, 8, dtype=pl.Int32)
    )
    counted = pl.concat(
        step.with_columns(step=pl.lit(name)) for name, step in zip(reference.BRIDGE, steps, strict=True)
    )
    return (
        periods.join(names, how="cross")
        .join(counted, on=["day", "step"], how="left")
        .group_by(of_step)
        .agg(col("numerator", "denominator", "orders").sum())
        .sort(of_step)
        .with_columns(rate=pl.when(col("denominator") > 0).then(col("numerator") / col("denominator")))
        .with_columns(points=100 * (col("rate") - col("rate").shift(1).over("period", "period_start")))
    )
