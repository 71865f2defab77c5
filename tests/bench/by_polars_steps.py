"""By hand in Polars: stages, their deviation from the standards, and who owns the late minutes.

Belongs here: what follows from the milestones of sub-orders. Not here: the standards themselves (reference.py).
"""

import polars as pl
from polars import col

from tests.bench import reference
from tests.bench.by_polars_time import as_date, day_of
from tests.bench.reference import DAY, ZONE


def tables(judged: pl.DataFrame, parts: pl.DataFrame, now: int) -> dict[str, pl.DataFrame]:
    """The tables deviations and lateness."""
    steps = _steps(parts)
    return {"deviations": _deviations(steps, now), "lateness": _lateness(judged, steps)}


def _steps(parts: pl.DataFrame) -> pl.DataFrame:
    """Each sub-order from a milestone it has reached to the next it has reached, with place and standard."""
    kinds = parts.select(reference.KIND).unique().with_row_index("kind")
    standards = pl.DataFrame(reference.steps(kinds.select(reference.KIND).rows()))
    standards = standards.join(kinds, on=reference.KIND).drop(reference.KIND)
    numbers = {name: number for number, name in enumerate(reference.STAMPS, 1)}
    return (
        parts.filter(col("cancelled").is_null() | col("signed").is_not_null())
        .join(kinds, on=reference.KIND)
        .select("fulfilment_code", "kind", "left_at", *reference.STAMPS)
        .unpivot(reference.STAMPS, index=["fulfilment_code", "kind", "left_at"])
        .rename({"variable": "start", "value": "began"})
        .drop_nulls("began")
        .with_columns(col("start").replace_strict(numbers, return_dtype=pl.Int64))
        .sort("fulfilment_code", "start")
        .with_columns(
            ended=col("began").shift(-1).over("fulfilment_code"),
            finish=col("start").shift(-1).over("fulfilment_code").fill_null(0),
        )
        .filter(col("start") < len(reference.STAMPS))
        .join(standards, on=["kind", "start", "finish"])
        .with_columns(actual=(col("ended") - col("began")) * 1_000_000)
    )


def _deviations(steps: pl.DataFrame, now: int) -> pl.DataFrame:
    today = (now + ZONE - 1) // DAY
    at = ["day", "stage", "place"]
    is_measured = col("actual") >= 0
    ended = (
        steps.filter(col("ended").is_not_null())
        .group_by("stage", "place", day=day_of(col("ended")))
        .agg(
            suborders=is_measured.sum().cast(pl.Int64),
            actual=col("actual").filter(is_measured).sum(),
            standard=col("standard").filter(is_measured).sum(),
        )
        .with_columns(has_ended=True)
    )
    overdue_at = col("began") * 1_000_000 + col("standard")
    overdue_day = (overdue_at + ZONE * 1_000_000) // (DAY * 1_000_000)
    gone_day = day_of(pl.coalesce("ended", "left_at")).fill_null(today + 1)
    overdue = (
        steps.filter((overdue_day < gone_day) & (overdue_at < now * 1_000_000))
        .select("stage", "place", day=pl.int_ranges(overdue_day, gone_day))
        .explode("day")
        .group_by(at)
        .agg(open_overdue=pl.len().cast(pl.Int64))
    )
    sums = ["suborders", "actual", "standard", "open_overdue"]
    by_day = ended.join(overdue, on=at, how="full", coalesce=True).with_columns(
        col(sums).fill_null(0), col("has_ended").fill_null(False), date=as_date(col("day"))
    )
    last = pl.min_horizontal(col("date").dt.month_end(), as_date(pl.lit(today)))
    by_month = (
        by_day.with_columns(open_overdue=pl.when(col("date") == last).then("open_overdue").otherwise(0))
        .group_by("stage", "place", date=col("date").dt.truncate("1mo"))
        .agg(col(sums).sum(), col("has_ended").any())
        .filter(col("has_ended") | (col("open_overdue") > 0))
    )
    excess = 100 * (col("actual") - col("standard"))
    colour = (
        pl.when((col("suborders") < reference.MINIMUM_SAMPLE) | (col("standard") <= 0)).then(pl.lit("grey"))
        .when(excess > reference.RED_ABOVE_PERCENT * col("standard")).then(pl.lit("red"))
        .when(excess >= reference.YELLOW_FROM_PERCENT * col("standard")).then(pl.lit("yellow"))
        .otherwise(pl.lit("green"))
    )  # fmt: skip
    return pl.concat(
        [
            frame.select(
                period=pl.lit(period),
                period_start="date",
                stage="stage",
                place="place",
                suborders="suborders",
                actual_minutes=col("actual") / 60_000_000,
                standard_minutes=col("standard") / 60_000_000,
                deviation=pl.when(col("standard") > 0).then(
                    (col("actual") - col("standard")) / col("standard")
                ),
                colour=colour,
                open_overdue="open_overdue",
            )
            for period, frame in (("day", by_day), ("month", by_month))
        ]
    )


def _lateness(judged: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Late minutes go to the steps of the deciding sub-order that took longer than they may; the rest was promised too
    tightly.
    """
    late = judged.filter(col("lateness") > 0).select(
        "order_id", fulfilment_code="deciding_suborder", lateness=col("lateness") * 1_000_000
    )
    overruns = (
        steps.filter(col("actual") >= 0)
        .join(late, on="fulfilment_code")
        .with_columns(overrun=(col("actual") - col("standard")).clip(lower_bound=0))
        .with_columns(total=col("overrun").sum().over("order_id"))
    )
    owned = overruns.filter(col("overrun") > 0).select(
        "order_id",
        "stage",
        "place",
        late_minutes=col("overrun") * pl.min_horizontal(1.0, col("lateness") / col("total")) / 60_000_000,
    )
    tight = (
        late.join(overruns.group_by("order_id").agg(col("total").first()), on="order_id", how="left")
        .with_columns(rest=col("lateness") - col("total").fill_null(0))
        .filter(col("rest") > 0)
        .select(
            "order_id",
            stage=pl.lit("promise_too_tight"),
            place=pl.lit(None, pl.String),
            late_minutes=col("rest") / 60_000_000,
        )
    )
    return pl.concat([owned, tight])
