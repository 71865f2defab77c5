"""What an order's figures rest on: how its promise was made, which signature counts, its rows as the sources sent them.

Not here: what became of it (one_order.py).
"""

import streamlit as st

from dashboards.published import Row
from dashboards.ui import downloads, formats
from dashboards.ui.i18n import has_text, language, t
from dashboards.ui.orders import CLOCK

SIGNS_OF = ("carrier_signature", "locker", "click", "closing")


def promise(order: Row, parts: list[Row]) -> None:
    """How each part's promise was made: the lane, what was known of it, the step back where that was too little."""
    st.subheader(t("promise_title"), anchor=False)
    if order["promise_source"] == "given":
        st.markdown(t("promise_given", when=formats.moment(order["promised_at"])))
        return
    if order["promised_at"] is None:
        st.markdown(t("promise_pending" if order["is_pending"] else "promise_none"))
        return
    for part in parts:
        if part["p50_hours"] is None:
            st.markdown(t("promise_unplanned", code=part["fulfilment_code"]))
            continue
        st.markdown(
            t(
                "promise_made",
                code=part["fulfilment_code"],
                lane=t(f"lane_{part['lane_level']}"),
                sample=formats.count(part["sample"] or 0),
                p50=part["p50_hours"],
                p80=part["p80_hours"],
                buffer=part["buffer_hours"],
            )
        )
    if order["wished_date"] is not None:
        st.markdown(
            t(
                "promise_sum",
                wished=formats.day(order["wished_date"]),
                when=formats.moment(order["promised_at"]),
            )
        )


def signature(parts: list[Row], events: list[Row]) -> None:
    """What claimed to be a signature, and which one counts."""
    st.subheader(t("signature_title"), anchor=False)
    chosen = {(part["fulfilment_code"], part["signed_at"]) for part in parts if part["signed_at"]}
    claims = [event for event in events if event["role"] in SIGNS_OF]
    if not claims:
        st.markdown(t("signature_none"))
    for claim in claims:
        is_chosen = (claim["fulfilment_code"], claim["occurred_at"]) in chosen and claim["is_valid"]
        # of an order in parts: which part it speaks of
        code = claim["fulfilment_code"] if len(parts) > 1 else None
        name = f"{code} · {claim['event_name']}" if code else claim["event_name"]
        words = {"event": name, "when": formats.moment(claim["occurred_at"])}
        if claim["role"] == "closing" and claim["is_valid"]:
            st.markdown(t("claim_closing", **words))
        elif is_chosen:
            st.markdown(t("claim_chosen", **words))
        elif not claim["is_valid"]:
            st.markdown(t("claim_refused", why=_why(claim["invalid_reason"]), **words))
        else:
            st.markdown(t("claim_other", **words))


def _why(reason: str | None) -> str:
    key = f"invalid_{reason}"
    return t(key) if has_text(key) else (reason or t("no_rate"))


def events(events: list[Row]) -> None:
    """The raw rows: each with the source, the file and the line it came from."""
    st.subheader(t("raw_title"), anchor=False)
    st.caption(t("raw_caption", rows=formats.count(len(events))))
    clock = CLOCK[language()]
    columns = {
        "occurred_at": st.column_config.DatetimeColumn(t("col_occurred"), format=clock),
        "event_name": st.column_config.TextColumn(t("col_event")),
        "fulfilment_code": st.column_config.TextColumn(t("col_part")),
        "source": st.column_config.TextColumn(t("col_source")),
        "file": st.column_config.TextColumn(t("col_file"), width="large"),
        "record": st.column_config.NumberColumn(t("col_record"), format="%d"),
        "recorded_at": st.column_config.DatetimeColumn(t("col_recorded"), format=clock),
        "place": st.column_config.TextColumn(t("filter_place")),
        "waybill": st.column_config.TextColumn(t("col_waybill")),
    }
    with st.container(key="order_events"):
        st.dataframe(
            [{name: event[name] for name in columns} for event in events],
            column_config=columns,
            hide_index=True,
            placeholder="",
        )
    downloads.buttons(events, "order_rows")
