"""Finding an order, and the orders behind a figure of the period.

Belongs here: the search, the lists. Not here: one order's own story (one_order.py).
"""

from urllib.parse import urlencode

import streamlit as st

from dashboards.published import Row
from dashboards.ui import formats, navigation
from dashboards.ui.i18n import language, t
from dashboards.ui.page import View

LISTS = ("late", "late_erp", "overdue")
CLOCK = {"en": "D MMM YYYY HH:mm", "zh": "YYYY年M月D日 HH:mm"}


def search() -> str:
    """The box to type into, and what the address asks for."""
    st.session_state["find"] = asked = st.query_params.get("find", "").strip()

    def changed() -> None:
        st.query_params["find"] = st.session_state["find"].strip()

    st.text_input(
        t("find"),
        key="find",
        on_change=changed,
        placeholder=t("find_placeholder"),
        icon=":material/search:",
        width=520,
    )
    return asked


def several(asked: str, found: list[Row]) -> None:
    """One number, more than one order: two carriers may use the same."""
    others = ", ".join(f"[{row['order_id']}]({link(row['order_id'])})" for row in found[1:])
    st.caption(t("find_several", find=asked, others=others))


def link(order_id: str) -> str:
    """The address of an order's page, with what is chosen."""
    return f"/orders?{urlencode(navigation.shared(find=order_id), doseq=True)}"


def behind(view: View) -> None:
    """The orders behind the figures of the period, the worst first; each opens."""
    shown = st.query_params.get("show", LISTS[0])
    shown = shown if shown in LISTS else LISTS[0]
    st.session_state["show"] = shown

    def changed() -> None:
        st.query_params["show"] = st.session_state["show"]

    st.segmented_control(
        t("show"),
        LISTS,
        format_func=lambda name: t(f"show_{name}"),
        key="show",
        required=True,
        on_change=changed,
    )
    rows = view.ask("orders_behind", show=shown)
    total = rows[0]["orders"] if rows else 0
    told = formats.count(total), formats.count(len(rows))
    st.caption(t(f"behind_{shown}", orders=told[0], shown=told[1]))
    if rows:
        table(rows, is_signed=shown != "overdue")


def table(rows: list[Row], is_signed: bool) -> None:
    """A list of orders; the number opens the order."""
    clock = CLOCK[language()]
    columns = {
        "link": st.column_config.LinkColumn(t("col_order"), display_text=r"find=([^&]+)", pinned=True),
        "hours": st.column_config.NumberColumn(t("col_late_hours"), format="%.1f"),
        "place_name": st.column_config.TextColumn(t("filter_place")),
        "carrier_name": st.column_config.TextColumn(t("filter_carrier")),
        "promised_at": st.column_config.DatetimeColumn(t("col_promised"), format=clock),
        "signed_at": st.column_config.DatetimeColumn(t("col_signed"), format=clock),
    }
    if not is_signed:
        del columns["signed_at"]
    listed = [{"link": link(row["order_id"]), "hours": row["minutes"] / 60, **row} for row in rows]
    st.dataframe(
        [{name: row[name] for name in columns} for row in listed],
        column_config=columns,
        hide_index=True,
        height=520,
        key="orders_behind",
    )
