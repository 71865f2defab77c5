"""By hand in pandas: verdicts, rates and the bridge.

Belongs here: what is counted from judged orders. Not here: how they are judged (by_pandas_orders.py), stages
(by_pandas_steps.py).
"""

import numpy as np
import pandas as pd

from tests.bench import reference
from tests.bench.reference import DAY, WILSON_Z, ZONE

COUNTS = ["numerator", "denominator"]


def tables(judged: pd.DataFrame, parts: pd.DataFrame, now: int) -> dict[str, pd.DataFrame]:
    """The tables verdicts, rates and bridge."""
    daily = _daily(judged, parts)
    periods = _periods(daily, now)
    is_on_time = (judged["lateness"] <= 0).astype("boolean").where(judged["lateness"].notna())
    verdicts = pd.DataFrame(
        {
            "order_id": judged["order_id"],
            "promised_at": pd.to_datetime(judged["promised"], unit="s", utc=True),
            "signed_at": pd.to_datetime(judged["signed"], unit="s", utc=True),
            "is_on_time": is_on_time,
            "lateness_minutes": judged["lateness"] / 60,
            "is_due": judged["is_due"],
            "is_kept": judged["is_kept"],
            "deciding_suborder": judged["deciding_suborder"],
        }
    )
    return {"verdicts": verdicts, "rates": _rates(daily, periods), "bridge": _bridge(judged, daily, periods)}


def day_of(instant: pd.Series) -> pd.Series:
    """The local day; an instant that ends a day belongs to it."""
    return (instant + ZONE - 1) // DAY


def as_date(day: pd.Series) -> pd.Series:
    return pd.to_datetime(day.astype("int64"), unit="D")


def _count(
    metric: str, day: pd.Series, numerator: pd.Series, denominator: pd.Series | int = 1
) -> pd.DataFrame:
    """Numerator and denominator of a rate by day."""
    rows = pd.DataFrame({"day": day, "numerator": numerator.astype("int64"), "denominator": denominator})
    rows["denominator"] = rows["denominator"].astype("int64")
    return rows.groupby("day", as_index=False)[COUNTS].sum().assign(metric=metric)


def _daily(judged: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Each rate by day; of the open and overdue, what opened less what closed."""
    signed = judged[judged["signed"].notna() & ~judged["is_pending"]]
    due, wished = judged[judged["is_due"]], judged[judged["is_wish_due"]]
    shipped, followed = judged[judged["erp_shipped"].notna()], judged[judged["is_followed"]]
    ended = followed[followed["ended"].notna()]
    covered = parts[parts["is_planned"] & parts[["signed", "due", "hours", "high"]].notna().all(axis=1)]
    overdue = due[~(due["ended"] <= due["promised"])]
    signed_day, due_day = day_of(signed["signed"]), day_of(due["promised"])
    closed_day = pd.concat([day_of(ended["ended"]), ended["order_day"]], axis=1).max(axis=1)
    closed_overdue = ended["is_due"] & (ended["ended"] > ended["promised"])
    return pd.concat(
        [
            _count("true_on_time_rate", signed_day, signed["lateness"] <= 0, signed["promised"].notna()),
            _count("promised_share", signed_day, signed["promised"].notna()),
            _count("promise_kept_rate", due_day, due["is_kept"]),
            _count("in_full_on_time_rate", due_day, due["is_in_full"]),
            _count("complaint_rate", due_day, due["has_complaint"]),
            _count("erp_on_time_rate", day_of(shipped["erp_shipped"]), shipped["is_erp_on_time"]),
            _count("wished_date_hit_rate", wished["wished_day"], wished["is_wish_met"]),
            _count("promise_coverage", day_of(covered["signed"]), covered["hours"] <= covered["high"]),
            _count("open_overdue", day_of(overdue["promised"]), overdue["is_due"], 0),
            _count("open_overdue", closed_day, -closed_overdue.astype("int64"), -1),
            _count("open_overdue", followed["order_day"], pd.Series(0, followed.index)),
        ]
    )


def _periods(daily: pd.DataFrame, now: int) -> pd.DataFrame:
    today = (now + ZONE - 1) // DAY
    first = int(min(daily["day"].min(), today))
    days = pd.DataFrame({"day": range(first, today + 1)})
    date = as_date(days["day"])
    month = date.dt.to_period("M").dt.start_time
    starts = {"day": date, "month": month, "all": date.iloc[0]}
    return pd.concat(days.assign(period=period, period_start=start) for period, start in starts.items())


def _by_period(
    counted: pd.DataFrame, periods: pd.DataFrame, names: list[str], sums: list[str]
) -> pd.DataFrame:
    """Sums of days by period; a period without any has its row, too."""
    grid = periods.merge(counted[names].drop_duplicates(), "cross")
    grid = grid.merge(counted, "left", on=["day", *names])
    table = grid.groupby([*names, "period", "period_start"], as_index=False)[sums].sum()
    return table.astype(dict.fromkeys(sums, "int64"))


def _rates(daily: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    is_stock = daily["metric"] == "open_overdue"
    # what is open at the end of a period is all that has opened less all that has closed by then
    changes = daily[is_stock].groupby("day")[COUNTS].sum()
    stock = changes.reindex(periods["day"].unique(), fill_value=0).sort_index().cumsum()
    open_overdue = periods.join(stock, on="day").sort_values("day")
    open_overdue = open_overdue.groupby(["period", "period_start"], as_index=False)[COUNTS].last()
    open_overdue["metric"] = "open_overdue"
    rates = pd.concat(
        [_by_period(daily[~is_stock], periods, ["metric"], COUNTS), open_overdue], ignore_index=True
    )
    n = rates["denominator"].astype("float64").where(rates["denominator"] > 0)
    share = rates["numerator"] / n
    spread = WILSON_Z * np.sqrt(share * (1 - share) / n + WILSON_Z**2 / (4 * n**2))
    middle, scale = share + WILSON_Z**2 / (2 * n), 1 + WILSON_Z**2 / n
    low, high = ((middle - spread) / scale).clip(0, 1), ((middle + spread) / scale).clip(0, 1)
    return _dated(rates.assign(value=share, ci_low=low, ci_high=high))


def _bridge(judged: pd.DataFrame, daily: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """The same orders under one verdict after another."""
    due = judged[judged["is_due"]]
    day = day_of(due["promised"])
    by_wish = due["is_in_full"] & (due["wished_day"].isna() | due["is_wish_met"])
    names = ["is_erp_on_time", "is_first_claimed", "is_all_claimed", "is_kept", "is_in_full"]
    verdicts = [*(due[name] for name in names), by_wish]
    erp = daily[daily["metric"] == "erp_on_time_rate"]
    steps = [erp.assign(orders=erp["denominator"])]
    for number, verdict in enumerate(verdicts):
        step = _count("", day, verdict)
        changed = pd.Series(True, due.index) if number == 0 else verdict != verdicts[number - 1]
        steps.append(step.assign(orders=_count("", day, changed)["numerator"]))
    named = [step.assign(step=name) for name, step in zip(reference.BRIDGE, steps, strict=True)]
    bridge = _by_period(pd.concat(named), periods, ["step"], [*COUNTS, "orders"])
    numbers = {name: number for number, name in enumerate(reference.BRIDGE, 1)}
    bridge["step_number"] = bridge["step"].map(numbers).astype("int32")
    bridge = bridge.sort_values(["period", "period_start", "step_number"])
    bridge["rate"] = bridge["numerator"] / bridge["denominator"].where(bridge["denominator"] > 0)
    bridge["points"] = 100 * bridge.groupby(["period", "period_start"])["rate"].diff()
    return _dated(bridge)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(period_start=table["period_start"].dt.date)
