"""The bench company's figures by hand, in pandas: `python -m tests.bench.script by_pandas SOURCE AS_OF OUT`.

Belongs here: from the files to orders and sub-orders, a row each. Not here: their signatures (by_pandas_signed.py) and
promises (by_pandas_orders.py), what is counted (by_pandas_figures.py, by_pandas_steps.py), parameters and standards
(reference.py). Instants are seconds since 1970, local days are days since 1970.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from tests.bench import by_pandas_figures, by_pandas_orders, by_pandas_signed, by_pandas_steps, reference
from tests.bench.reference import DAY, ZONE

Read = Callable[[str], pd.DataFrame]


def run(source: Path, as_of: datetime, out: Path) -> None:
    """Write the tables verdicts, rates, deviations, bridge and lateness to the DuckDB file `out`, made anew."""

    def read(table: str) -> pd.DataFrame:
        frame = pd.read_parquet(source / table)
        frame = frame[frame["recorded_at"] <= as_of]
        for name in frame.columns[frame.columns.str.endswith("_at")]:
            frame[name] = frame[name].dt.as_unit("s").astype("int64")
        return frame

    now = int(as_of.timestamp())
    statuses, tracks = read("erp/statuses"), read("carrier/tracks")
    # a row that lacks either is no event; the product keeps it in quarantine
    tracks = tracks.dropna(subset=["waybill", "event_type"])
    contacts = _contacts(read)
    orders = _orders(read, statuses)
    parts = by_pandas_signed.signed(_parts(read, orders, statuses, tracks), tracks, contacts, now)
    parts = by_pandas_orders.promised(parts, now)
    judged = by_pandas_orders.judged(orders, parts, contacts, now)
    figures = by_pandas_figures.tables(judged, parts, now) | by_pandas_steps.tables(judged, parts, now)
    reference.write(out, figures)


def _firsts(
    events: pd.DataFrame, key: str, names: dict[str, str], instant: str = "occurred_at"
) -> pd.DataFrame:
    """The first instant of each type of event, a column each."""
    meant = events[events["event_type"].isin(list(names))]
    table = meant.groupby([key, "event_type"])[instant].min().unstack()
    return table.reindex(columns=list(names)).rename(columns=names).reset_index()


def _orders(read: Read, statuses: pd.DataFrame) -> pd.DataFrame:
    """What was asked for, and what befell the order as a whole."""
    orders = read("erp/orders").drop(columns=["customer_id", "amount", "recorded_at"])
    orders = orders.rename(columns={"placed_at": "placed"})
    orders["order_day"] = (orders["placed"] + ZONE - 1) // DAY
    wished_day = (pd.to_datetime(orders.pop("wished_date")) - pd.Timestamp(0)) // pd.Timedelta(days=1)
    orders["wished_day"] = wished_day.where(wished_day >= orders["order_day"])
    whole = statuses[statuses["fulfilment_code"].isna()]
    orders = orders.merge(
        _firsts(whole, "order_id", {"paid": "paid", "finance_approved": "approved"}), "left"
    )
    shipped = statuses[statuses["event_type"].isin(["erp_shipped", "erp_completed"])]
    orders["erp_shipped"] = orders["order_id"].map(shipped.groupby("order_id")["occurred_at"].min())
    cancelled = whole[whole["event_type"] == "cancelled"].groupby("order_id")
    orders["order_cancelled"] = orders["order_id"].map(cancelled["occurred_at"].min())
    orders["order_cancelled_known"] = orders["order_id"].map(cancelled["recorded_at"].min())
    no_limit = orders["ship_by_at"].isna() & orders["erp_shipped"].notna()
    orders["is_erp_on_time"] = (orders["erp_shipped"] <= orders.pop("ship_by_at")) | no_limit
    line = ["order_id", "line_number"]
    received = read("crm/receipts").groupby(line, as_index=False)["quantity"].sum()
    lines = read("erp/order_lines").merge(received, "left", on=line, suffixes=("", "_received"))
    short = lines.loc[lines["quantity_received"].fillna(0) < lines["quantity"], "order_id"]
    orders["is_filled"] = ~orders["order_id"].isin(short)
    return orders


def _parts(read: Read, orders: pd.DataFrame, statuses: pd.DataFrame, tracks: pd.DataFrame) -> pd.DataFrame:
    """Sub-orders with the first stamp of each kind, when some were known, and how they are linked."""
    code = "fulfilment_code"
    parts = read("erp/suborders").rename(
        columns={
            "recorded_at": "recorded",
            "origin_place": "origin",
            "destination_city": "city",
            "destination_province": "province",
        }
    )
    replaced_batch = parts["replaces"].map(parts.set_index(code)["batch"])
    parts["batch"] = parts["batch"].fillna(replaced_batch).fillna(0)
    parts["replaced"] = parts[code].map(parts.groupby("replaces")["recorded"].min())
    of_order = ["order_type", "placed", "order_day", "wished_day", "paid", "approved"]
    of_order += ["order_cancelled", "order_cancelled_known"]
    parts = parts.drop(columns="replaces").merge(orders[["order_id", *of_order]], on="order_id")
    cancelled = statuses[(statuses["event_type"] == "cancelled") & statuses[code].notna()].groupby(code)
    parts["own_cancelled"] = parts[code].map(cancelled["occurred_at"].min())
    parts["own_cancelled_known"] = parts[code].map(cancelled["recorded_at"].min())
    parts["cancelled"] = parts[["own_cancelled", "order_cancelled"]].min(axis=1)

    scans = read("wms/scans")
    parts = parts.merge(_firsts(scans, code, reference.SCANS), "left", on=code)
    outbound_known = {"outbound": "outbound_known"}
    parts = parts.merge(_firsts(scans, code, outbound_known, "recorded_at"), "left", on=code)
    transfers = scans[scans["event_type"].isin(["transfer_requested", "transfer_dispatched"])]
    parts["sending"] = parts[code].map(transfers.groupby(code)["place"].first()).fillna("unknown")

    links = read("carrier/waybills").rename(columns={"recorded_at": "linked"})
    parts = parts.merge(links[["waybill", code, "linked"]], "left", on=code)
    parts = parts.merge(_firsts(tracks, "waybill", reference.TRACKS), "left", on="waybill")
    known = {event_type: f"{name}_known" for event_type, name in reference.TRACKS.items()}
    parts = parts.merge(_firsts(tracks, "waybill", known, "recorded_at"), "left", on="waybill")
    for name in known.values():  # of a parcel nothing is known before its waybill is linked
        parts[name] = parts[[name, "linked"]].max(axis=1)
    return parts


def _contacts(read: Read) -> pd.DataFrame:
    contacts = read("crm/contacts").rename(columns={"occurred_at": "occurred", "recorded_at": "known"})
    event = ["order_id", "fulfilment_code", "event_type", "occurred"]
    contacts = contacts.groupby(event, dropna=False, as_index=False)["known"].min()
    return contacts.reset_index(names="contact")
