"""Instants and local days in Polars, as whole seconds and days since 1970.

Belongs here: expressions about time. Not here: anything of orders.
"""

import polars as pl
from polars import col

from tests.bench.reference import DAY, ZONE


def seconds(name: str) -> pl.Expr:
    return col(name).dt.epoch("s")


def day_of(instant: pl.Expr) -> pl.Expr:
    """The local day; an instant that ends a day belongs to it."""
    return (instant + (ZONE - 1)) // DAY


def end_of_day(day: pl.Expr) -> pl.Expr:
    return (day + 1) * DAY - ZONE


def as_date(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Int32).cast(pl.Date)
