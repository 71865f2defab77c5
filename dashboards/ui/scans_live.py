"""What the carriers say of an order right now, where it is newer than what the night knows."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboards import published
from dashboards.published import Row
from dashboards.ui import formats
from dashboards.ui.i18n import t
from dashboards.ui.page import View

EVERY = 5  # seconds


def since_night(view: View, parts: list[Row], events: list[Row]) -> None:
    """A line a waybill with a newer scan; it renews itself. Nothing where nothing is pulled so often."""
    if view.settings.live_file.is_file():
        _shown(view, parts, events)


@st.fragment(run_every=EVERY)
def _shown(view: View, parts: list[Row], events: list[Row]) -> None:
    try:
        scans = newer(view, parts, events)
    except published.NothingPublishedError:  # the night's story stands by itself
        scans = []
    if not scans:
        return
    names = {row["event_type"]: row["name"] for row in view.ask("event_names")}
    with st.container(key="order_live"):
        for scan in scans:
            words = {
                "event": names.get(scan["event_type"], scan["event_type"]),
                "when": formats.clock(scan["occurred_at"], scan["is_today"]),
                "age": formats.ago(scan["age_seconds"]),
            }
            st.markdown(t("order_live", waybill=scan["waybill"], **words))


def newer(view: View, parts: list[Row], events: list[Row]) -> list[Row]:
    """The newest scan of each waybill of the order that happened after all that the night has of it."""
    known: dict[str, datetime] = {}
    for event in events:
        if event["waybill"]:
            waybill = f"{event['carrier']} {event['waybill']}"
            known[waybill] = max(known.get(waybill, event["occurred_at"]), event["occurred_at"])
    codes: Sequence[str] = [part["fulfilment_code"] for part in parts]
    scans = view.ask_live("scans_live", codes=codes, waybills=list(known))
    return [
        scan
        for scan in scans
        if (seen := known.get(f"{scan['carrier']} {scan['waybill']}")) is None or scan["occurred_at"] > seen
    ]
