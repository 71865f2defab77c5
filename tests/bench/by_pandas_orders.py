"""By hand in pandas: what each order was promised, and how it is judged.

Belongs here: plans, buffers, promises, verdicts. Not here: signatures (by_pandas_signed.py), anything summed up.
"""

import numpy as np
import pandas as pd

from tests.bench import reference
from tests.bench.reference import DAY, ZONE

LANES = (["origin", "carrier", "city"], ["carrier", "province"], ["carrier"], [])


def promised(parts: pd.DataFrame, now: int) -> pd.DataFrame:
    """The plan is what was recorded within two hours of the first of order and batch; its largest buffer counts."""
    parts = _with_buffers(parts)
    batch = [parts["order_id"], parts["batch"]]
    plan_ends = parts["recorded"].groupby(batch).transform("min") + reference.PLAN_SECONDS
    parts["is_planned"] = parts["recorded"] <= plan_ends
    parts["is_plan_complete"] = plan_ends <= now
    buffer = (parts["high"] - parts["low"]).clip(0, reference.BUFFER_MAXIMUM_HOURS).fillna(0)
    buffer = buffer.where(parts["is_planned"]).groupby(batch).transform("max")
    due = _end_of_day(parts["wished_day"]) + 3600 * buffer
    parts["due"] = due.where(parts["is_plan_complete"])
    parts["is_missed"] = parts["is_cancelled"] & (parts["cancelled"] > parts["due"])
    parts["is_counted"] = parts["is_live"] | parts["is_missed"]
    return parts


def _end_of_day(day: pd.Series) -> pd.Series:
    return (day + 1) * DAY - ZONE


def _with_buffers(parts: pd.DataFrame) -> pd.DataFrame:
    """P50 and P80 of the finest lane of which 30 transits became known on the 60 days before the order's."""
    transits = parts[parts["hours"].notna()].sort_values("known_day")
    parts["low"] = parts["high"] = float("nan")
    for names in LANES:
        waiting = parts[parts["low"].isna()]
        if waiting.empty:
            break
        minimum = reference.LANE_MINIMUM_SAMPLE if names else 1
        keys = names or [pd.Series(0, parts.index)]
        seen = {
            lane: (rows["known_day"].to_numpy(), rows["hours"].to_numpy())
            for lane, rows in transits.groupby(keys)
        }
        found = []
        for lane, rows in waiting.groupby(keys):
            known_days, hours = seen.get(lane, (np.array([]), np.array([])))
            for day in rows["order_day"].unique():
                first, last = np.searchsorted(known_days, [day - reference.TRANSIT_WINDOW_DAYS, day])
                count = last - first
                if count >= minimum:
                    # the k-th smallest with k = ⌈q·n⌉
                    low, high = (count + 1) // 2 - 1, (4 * count + 4) // 5 - 1
                    window = np.partition(hours[first:last], [low, high])
                    found.append((*lane, day, window[low], window[high]))
        lane_names = names or ["lane"]
        buffers = pd.DataFrame(found, columns=[*lane_names, "order_day", "low", "high"])
        waiting = waiting.drop(columns=["low", "high"]).assign(lane=0).reset_index(names="row")
        waiting = waiting.merge(buffers, on=[*lane_names, "order_day"]).set_index("row")
        parts.loc[waiting.index, ["low", "high"]] = waiting[["low", "high"]]
    return parts


def judged(orders: pd.DataFrame, parts: pd.DataFrame, contacts: pd.DataFrame, now: int) -> pd.DataFrame:
    parts["lateness"] = (parts["signed"] - parts["due"]).where(parts["is_live"])
    is_live, is_over = parts["is_live"], parts["signed"].notna() | parts["closed"].notna()
    is_kept = parts["claimed"] <= parts["due"]
    flagged = pd.DataFrame(
        {
            "order_id": parts["order_id"],
            "has_parts": parts["replaced"].isna(),
            "has_live": is_live,
            "has_missed": parts["is_missed"],
            "has_counted": parts["is_counted"],
            "has_pending": parts["is_counted"] & ~parts["is_plan_complete"],
            "has_unsigned": is_live & parts["signed"].isna(),
            "has_open": is_live & ~is_over,
            "is_first_claimed": is_live & is_kept,
            "has_unclaimed": is_live & ~is_kept,
        }
    )
    flags = flagged.groupby("order_id").any()
    latest = pd.DataFrame(
        {
            "order_id": parts["order_id"],
            "due": parts["due"],
            "counted_due": parts["due"].where(parts["is_counted"]),
            "last_cancelled": parts["cancelled"].where(parts["is_cancelled"]),
            "signed": parts["signed"].where(is_live),
            "lateness": parts["lateness"],
            "gave_up": parts["signed"].fillna(parts["closed"]).where(is_live),
        }
    )
    rolled = flags.join(latest.groupby("order_id").max())
    rolled["due"] = rolled["counted_due"].where(rolled["has_counted"], rolled["due"])
    rolled["signed"] = rolled["signed"].where(~rolled["has_unsigned"])
    rolled["gave_up"] = rolled["gave_up"].where(~rolled["has_open"])
    rolled["is_all_claimed"] = rolled["has_live"] & ~rolled["has_unclaimed"]
    rolled["deciding_suborder"] = _deciding(parts)

    judged = orders.merge(rolled.reset_index(), "left", on="order_id")
    judged["has_pending"] = judged["has_pending"].ne(False)
    for name in ("has_parts", "has_live", "has_missed", "is_first_claimed", "is_all_claimed"):
        judged[name] = judged[name].eq(True)
    complaints = contacts.loc[contacts["event_type"] != "received_click", "order_id"]
    judged["has_complaint"] = judged["order_id"].isin(complaints)
    judged["is_cancelled"] = ~judged["has_live"] & (judged["order_cancelled"].notna() | judged["has_parts"])
    is_cancelled_late = judged["has_parts"] & judged["has_missed"]
    judged["is_pending"] = judged["wished_day"].notna() & judged["has_pending"]
    judged["promised"] = judged["due"].where(~judged["is_pending"])
    judged["lateness"] = judged["lateness"].where(judged["promised"].notna() & judged["signed"].notna())
    judged["is_due"] = (judged["promised"] <= now) & (~judged["is_cancelled"] | is_cancelled_late)
    judged["is_kept"] = judged["is_due"] & (judged["lateness"] <= 0) & ~is_cancelled_late
    judged["is_in_full"] = judged["is_kept"] & judged["is_filled"]
    wished_day_ends = _end_of_day(judged["wished_day"])
    judged["is_wish_met"] = judged["signed"] <= wished_day_ends
    judged["is_wish_due"] = (wished_day_ends <= now) & ~judged["is_cancelled"] & ~judged["is_pending"]
    judged["is_followed"] = judged["promised"].notna() & (~judged["is_cancelled"] | judged["is_due"])
    cancelled = judged["last_cancelled"].fillna(judged["order_cancelled"])
    judged["ended"] = judged["signed"].fillna(cancelled.where(judged["is_cancelled"], judged["gave_up"]))
    return judged


def _deciding(parts: pd.DataFrame) -> pd.Series:
    """While any is unsigned that one, else the most late, else the one signed last; ties: the smallest code."""
    ranked = pd.DataFrame(
        {
            "order_id": parts["order_id"],
            "is_dead": ~parts["is_live"],
            "is_signed": parts["signed"].notna(),
            "early": -parts["lateness"],
            "before": -parts["signed"].where(parts["is_live"]),
            "code": parts["fulfilment_code"],
        }
    )
    ranked = ranked.sort_values(list(ranked.columns), na_position="last")
    return ranked.drop_duplicates("order_id").set_index("order_id")["code"]
