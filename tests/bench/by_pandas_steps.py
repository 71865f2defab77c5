"""By hand in pandas: stages, their deviation from the standards, and who owns the late minutes.

Belongs here: what follows from the milestones of sub-orders. Not here: the standards themselves (reference.py).
"""

import numpy as np
import pandas as pd

from tests.bench import reference
from tests.bench.by_pandas_figures import as_date, day_of
from tests.bench.reference import DAY, ZONE

CODE = "fulfilment_code"
MICROSECONDS = 1_000_000


def tables(judged: pd.DataFrame, parts: pd.DataFrame, now: int) -> dict[str, pd.DataFrame]:
    """The tables deviations and lateness."""
    steps = _steps(parts)
    return {"deviations": _deviations(steps, now), "lateness": _lateness(judged, steps)}


def _steps(parts: pd.DataFrame) -> pd.DataFrame:
    """Each sub-order from a milestone it has reached to the next it has reached, with place and standard."""
    parts = parts[parts["cancelled"].isna() | parts["signed"].notna()]
    kind = list(reference.KIND)
    kinds = parts[kind].drop_duplicates().reset_index(drop=True).reset_index(names="kind")
    standards = pd.DataFrame(reference.steps(kinds[kind].itertuples(index=False, name=None)))
    standards = standards.merge(kinds, on=kind).drop(columns=kind)
    stamps = parts.merge(kinds, on=kind)[[CODE, "kind", "left_at", *reference.STAMPS]]
    stamps = stamps.rename(columns={name: number for number, name in enumerate(reference.STAMPS, 1)})
    steps = stamps.melt([CODE, "kind", "left_at"], var_name="start", value_name="began")
    steps = steps.dropna(subset="began").astype({"start": "int64"}).sort_values([CODE, "start"])
    following = steps.groupby(CODE, sort=False)[["began", "start"]].shift(-1)
    steps = steps.assign(ended=following["began"], finish=following["start"].fillna(0).astype("int64"))
    steps = steps[steps["start"] < len(reference.STAMPS)].merge(standards, on=["kind", "start", "finish"])
    return steps.assign(actual=(steps["ended"] - steps["began"]) * MICROSECONDS)


def _deviations(steps: pd.DataFrame, now: int) -> pd.DataFrame:
    today = (now + ZONE - 1) // DAY
    at = ["day", "stage", "place"]
    sums = ["suborders", "actual", "standard", "open_overdue"]
    ended = steps[steps["ended"].notna()]
    is_measured = ended["actual"] >= 0
    ended = ended.assign(
        day=day_of(ended["ended"]),
        suborders=is_measured.astype("int64"),
        actual=ended["actual"].where(is_measured, 0),
        standard=ended["standard"].where(is_measured, 0),
    )
    ended = (
        ended.groupby(at, as_index=False)[["suborders", "actual", "standard"]].sum().assign(has_ended=True)
    )

    overdue_at = steps["began"] * MICROSECONDS + steps["standard"]
    overdue_day = (overdue_at + ZONE * MICROSECONDS) // (DAY * MICROSECONDS)
    gone_day = day_of(steps["ended"].fillna(steps["left_at"])).fillna(today + 1)
    is_overdue = (overdue_day < gone_day) & (overdue_at < now * MICROSECONDS)
    overdue = steps.loc[is_overdue, ["stage", "place"]].reset_index(drop=True)
    first, last = overdue_day[is_overdue].to_numpy(), gone_day[is_overdue].to_numpy()
    nights = (last - first).astype("int64")
    nth = np.arange(nights.sum()) - np.repeat(nights.cumsum() - nights, nights)
    overdue = overdue.loc[np.repeat(overdue.index, nights)].assign(day=np.repeat(first, nights) + nth)
    overdue = overdue.groupby(at, as_index=False).size().rename(columns={"size": "open_overdue"})

    by_day = ended.merge(overdue, "outer", on=at)
    by_day[sums] = by_day[sums].fillna(0)
    by_day["has_ended"] = by_day["has_ended"].eq(True)
    by_day["date"] = as_date(by_day["day"])
    last_day = (by_day["date"] + pd.offsets.MonthEnd(0)).clip(
        upper=pd.Timestamp(0) + pd.Timedelta(days=today)
    )
    by_month = by_day.assign(
        date=by_day["date"].dt.to_period("M").dt.start_time,
        open_overdue=by_day["open_overdue"].where(by_day["date"] == last_day, 0),
    )
    by_month = by_month.groupby(["date", "stage", "place"], as_index=False)[[*sums, "has_ended"]].sum()
    by_month = by_month[(by_month["has_ended"] > 0) | (by_month["open_overdue"] > 0)]
    table = pd.concat([by_day.assign(period="day"), by_month.assign(period="month")], ignore_index=True)
    table = table.astype(dict.fromkeys(sums, "int64"))
    actual, standard = table["actual"], table["standard"]
    excess = 100 * (actual - standard)
    colour = np.select(
        [
            (table["suborders"] < reference.MINIMUM_SAMPLE) | (standard <= 0),
            excess > reference.RED_ABOVE_PERCENT * standard,
            excess >= reference.YELLOW_FROM_PERCENT * standard,
        ],
        ["grey", "red", "yellow"],
        "green",
    )
    return pd.DataFrame(
        {
            "period": table["period"],
            "period_start": table["date"].dt.date,
            "stage": table["stage"],
            "place": table["place"],
            "suborders": table["suborders"],
            "actual_minutes": actual / 60_000_000,
            "standard_minutes": standard / 60_000_000,
            "deviation": (actual - standard) / standard.where(standard > 0),
            "colour": colour,
            "open_overdue": table["open_overdue"],
        }
    )


def _lateness(judged: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Late minutes go to the steps of the deciding sub-order that took longer than they may; the rest was promised too
    tightly.
    """
    late = judged.loc[judged["lateness"] > 0, ["order_id", "deciding_suborder", "lateness"]]
    late = late.rename(columns={"deciding_suborder": CODE}).assign(lateness=late["lateness"] * MICROSECONDS)
    overruns = steps[steps["actual"] >= 0].merge(late, on=CODE)
    overruns["overrun"] = (overruns["actual"] - overruns["standard"]).clip(lower=0)
    totals = overruns.groupby("order_id")["overrun"].sum()
    overruns = overruns[overruns["overrun"] > 0]
    share = (overruns["lateness"] / overruns["order_id"].map(totals)).clip(upper=1)
    owned = overruns[["order_id", "stage", "place"]].assign(
        late_minutes=overruns["overrun"] * share / 60_000_000
    )
    rest = late["lateness"] - late["order_id"].map(totals).fillna(0)
    tight = late.loc[rest > 0, ["order_id"]].assign(stage="promise_too_tight", place=None)
    return pd.concat([owned, tight.assign(late_minutes=rest[rest > 0] / 60_000_000)], ignore_index=True)
