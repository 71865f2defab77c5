"""By hand in pandas: which sub-orders are signed, when that was first known, and how they ended otherwise.

Belongs here: claims, disputes, signatures, transit times. Not here: the files (by_pandas.py), promises
(by_pandas_orders.py).
"""

import pandas as pd

from tests.bench import reference
from tests.bench.reference import DAY, ZONE

CODE = "fulfilment_code"
FAILED = ["refused", "returned_signed"]
CLAIMING = ["delivered", "collected", "available_for_pickup", *FAILED]


def signed(parts: pd.DataFrame, tracks: pd.DataFrame, contacts: pd.DataFrame, now: int) -> pd.DataFrame:
    """Sub-orders with their signature, their end otherwise, and the one transit time they give."""
    tickets = _tickets(parts, contacts)
    claims = [_arrivals(tracks, parts), _clicks(parts, contacts), _whole_clicks(parts, contacts)]
    claims = pd.concat(claims, ignore_index=True)
    of_part = parts[[CODE, "outbound", "outbound_known", "pickup", "pickup_known", "recorded"]]
    claims = claims.merge(of_part, on=CODE)
    is_knowable = claims["pickup"].notna() & claims["known"].notna()
    claims["known"] = claims[["known", "pickup_known", "recorded"]].max(axis=1).where(is_knowable)
    claims["ticketed"] = claims[CODE].map(tickets.groupby(CODE)["ticketed"].max())
    is_early = claims["occurred"] < claims["outbound"]

    stands = claims["superseded"].isna()
    is_disputed = ~claims["is_click"] & (claims["occurred"] < claims["ticketed"])
    is_valid = stands & ~claims["is_void"] & ~claims["is_unclear"] & ~is_early & ~is_disputed
    is_failed = claims["event_type"].isin(FAILED)
    parts["candidate"] = parts[CODE].map(claims[is_valid].groupby(CODE)["occurred"].min())
    is_claim = stands & (claims["event_type"] != "refused")
    parts["claimed"] = parts[CODE].map(claims[is_claim].groupby(CODE)["occurred"].min())
    failed = parts[CODE].map(claims[stands & is_failed].groupby(CODE)["occurred"].min())

    cancelled, replaced = parts["cancelled"], parts["replaced"]
    is_signed = replaced.isna() & ~(parts["candidate"] > cancelled)
    parts["signed"] = parts["candidate"].where(is_signed)
    is_open = parts["signed"].isna()
    closes = (failed + reference.CLOSING_SECONDS).where(failed + reference.CLOSING_SECONDS <= now)
    parts["closed"] = closes.where(is_open & replaced.isna() & cancelled.isna())
    left_at = pd.concat([replaced, cancelled, closes.where(~(replaced <= closes))], axis=1).min(axis=1)
    parts["left_at"] = left_at.where(is_open)
    parts["is_live"] = replaced.isna() & (cancelled.isna() | ~is_open)
    parts["is_cancelled"] = replaced.isna() & cancelled.notna() & is_open
    return _with_transits(parts, claims, tickets, is_early)


def _with_transits(
    parts: pd.DataFrame, claims: pd.DataFrame, tickets: pd.DataFrame, is_early: pd.Series
) -> pd.DataFrame:
    """The transit time as it stood when pick-up and a signature were first both known: whole hours, rounded up."""
    is_early = is_early & (claims["outbound_known"] <= claims["known"])
    is_superseded = claims["superseded"] <= claims["known"]
    found = claims[claims["known"].notna() & ~claims["is_void"] & ~is_early & ~is_superseded]
    disputes = (
        found[~found["is_click"]].reset_index(names="claim").merge(tickets, on=CODE, suffixes=("", "_then"))
    )
    is_later = disputes["ticketed_then"] > disputes["occurred"]
    disputed = disputes.loc[is_later & (disputes["ticket_known"] <= disputes["known"]), "claim"]
    found = found.drop(index=disputed.unique()).sort_values(["known", "occurred"]).drop_duplicates(CODE)
    found = found[[CODE, "known", "occurred"]].rename(columns={"known": "then", "occurred": "signed_then"})
    parts = parts.merge(found, "left", on=CODE)
    is_transit = (parts["signed_then"] > parts["pickup"]) & ~(parts["replaced"] <= parts["then"])
    for whose in ("own", "order"):
        is_known = parts[f"{whose}_cancelled_known"] <= parts["then"]
        is_transit &= ~(is_known & (parts[f"{whose}_cancelled"] < parts["signed_then"]))
    hours = (parts["signed_then"] - parts["pickup"] + 3599) // 3600
    parts["hours"] = hours.where(is_transit)
    parts["known_day"] = (parts["then"] + ZONE - 1) // DAY
    return parts


def _arrivals(tracks: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """What the carrier says of a parcel's end; the content first recorded last holds."""
    tracks = tracks[tracks["event_type"].isin(CLAIMING)]
    tracks = tracks.rename(columns={"occurred_at": "occurred", "recorded_at": "known"})
    content = ["waybill", "track_id", "event_type", "occurred"]
    tracks = tracks.groupby(content, as_index=False)["known"].min().sort_values(["track_id", "known"])
    tracks["superseded"] = tracks.groupby("track_id")["known"].shift(-1)
    tracks = tracks.merge(parts[["waybill", CODE, "carrier", "linked"]], on="waybill")
    tracks["known"] = tracks[["known", "linked"]].max(axis=1)
    is_collected = tracks["carrier"].isin(reference.collecting_carriers())
    is_waiting = tracks["event_type"] == "available_for_pickup"
    tracks["is_void"] = tracks["event_type"].isin(FAILED) | (is_waiting & is_collected)
    columns = [CODE, "event_type", "occurred", "known", "superseded", "is_void"]
    return tracks[columns].assign(is_click=False, is_unclear=False)


def _clicks(parts: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    clicks = contacts[(contacts["event_type"] == "received_click") & contacts[CODE].isin(parts[CODE])]
    clicks = clicks[[CODE, "event_type", "occurred", "known"]]
    return clicks.assign(is_click=True, is_void=False, is_unclear=False)


def _whole_clicks(parts: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Clicks that name only the order: each signs a sub-order once that is known to be near the customer, or the only
    one alive. Unclear is what neither holds of as things are known now.
    """
    clicks = contacts[(contacts["event_type"] == "received_click") & contacts[CODE].isna()]
    clicks = clicks.drop(columns=CODE).merge(parts, on="order_id")
    both_known = clicks[["known", "pickup_known", "recorded"]].max(axis=1)
    clicks["known"] = both_known.where(clicks["pickup"].notna())
    is_near = pd.Series(False, clicks.index)
    clicks["near_known"] = float("nan")
    for name in ("hub", "out_for"):
        is_by_then = clicks[name] <= clicks["occurred"]
        is_near |= is_by_then
        scanned = clicks[f"{name}_known"].where(is_by_then)
        clicks["near_known"] = clicks["near_known"].fillna(scanned).clip(upper=scanned.fillna(float("inf")))
    near_known = clicks[["near_known", "known"]].max(axis=1).where(clicks["near_known"].notna())

    at = ["contact", CODE]
    state = clicks[[*at, "occurred", "known", "recorded", "replaced", "own_cancelled", "own_cancelled_known"]]
    others = state.merge(state, on="contact", suffixes=("", "_other"))
    others = others[others[CODE] != others[f"{CODE}_other"]]
    is_gone = others["own_cancelled_other"] <= others["occurred"]
    cancelled_known = others["own_cancelled_known_other"].where(is_gone)
    others["gone"] = pd.concat([others["replaced_other"], cancelled_known], axis=1).min(axis=1)
    others["is_alive"] = others["replaced_other"].isna() & ~is_gone
    later = others[others["gone"].notna() & others["known"].notna()]
    later = later[at].assign(known=later[["known", "gone"]].max(axis=1))
    instants = pd.concat([state[[*at, "known"]].dropna(), later]).drop_duplicates()
    with_others = instants.merge(others[[*at, "recorded_other", "gone"]], on=at)
    is_there = (with_others["recorded_other"] <= with_others["known"]) & ~(
        with_others["gone"] <= with_others["known"]
    )
    accompanied = with_others.loc[is_there, [*at, "known"]].drop_duplicates().assign(is_accompanied=True)
    instants = instants.merge(accompanied, "left", on=[*at, "known"])
    alone = instants[instants["is_accompanied"].isna()].groupby(at)["known"].min().rename("alone_known")
    has_others = others.groupby(at)["is_alive"].any().rename("has_others")
    clicks = clicks.assign(is_near=is_near, near_known=near_known)
    clicks = clicks.merge(alone.reset_index(), "left", on=at).merge(has_others.reset_index(), "left", on=at)
    first_known = clicks[["alone_known", "near_known"]].min(axis=1)
    clicks["known"] = first_known.where(clicks["known"].notna())
    clicks["is_unclear"] = clicks["has_others"].eq(True) & ~clicks["is_near"]
    columns = [CODE, "event_type", "occurred", "known", "is_unclear"]
    return clicks[columns].assign(is_click=True, is_void=False)


def _tickets(parts: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Tickets "not received", at each sub-order that they are about."""
    tickets = contacts[contacts["event_type"] == "not_received_ticket"]
    tickets = tickets.merge(parts[["order_id", CODE]], on="order_id", suffixes=("_named", ""))
    named = tickets[f"{CODE}_named"]
    tickets = tickets[named.isna() | (named == tickets[CODE])]
    return tickets[[CODE, "occurred", "known"]].rename(
        columns={"occurred": "ticketed", "known": "ticket_known"}
    )
