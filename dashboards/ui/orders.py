"""Finding an order, and the orders behind a figure of the period.

Belongs here: the search, the lists and what the address narrows them to. Not here: one order's story (one_order.py).
"""

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards.published import Row, Value
from dashboards.ui import address, downloads, formats, navigation, opens, stages, tables
from dashboards.ui.i18n import has_text, language, t
from dashboards.ui.page import View

# lists of orders; the ones anybody may choose first, then those a figure leads to
CHOICES = ("late", "late_erp", "overdue")
BY_STAGE = ("stage", "stuck")
SHOWS = (*CHOICES, *opens.MISSES.values(), "step", "lost", *BY_STAGE)
UNSIGNED = ("overdue",)
NARROWING = ("stage", "at", "age", "step", "part")
CLOCK = {"en": "D MMM YYYY HH:mm", "zh": "YYYY年M月D日 HH:mm"}
# what the hours of a list are, where they are not those after the promise
HOURS = {"lost": "col_lost_hours", "wish_missed": "col_wish_hours"}
SHOWN = 200
DOWNLOADED = 100_000


def search() -> str:
    """The box to type into, and what the address asks for."""
    return address.search("find", t("find"), t("find_placeholder"))


def several(asked: str, found: list[Row]) -> None:
    """One number, more than one order: two carriers may use the same."""
    others = ", ".join(f"[{row['order_id']}]({link(row['order_id'])})" for row in found[1:])
    st.caption(t("find_several", find=asked, others=others))


def link(order_id: str) -> str:
    """The address of an order's page, with what is chosen."""
    return f"/orders?{urlencode(navigation.shared(find=order_id), doseq=True)}"


def behind(view: View) -> None:
    """The orders behind a figure of the period, the worst first; each opens, and all can be taken away."""
    shown = st.query_params.get("show", CHOICES[0])
    shown = shown if shown in SHOWS else CHOICES[0]
    narrowed = {name: st.query_params.get(name, "") for name in NARROWING}
    _choice(shown)
    query = "suborders_behind" if shown in BY_STAGE else "orders_behind"

    def rows(most: int) -> list[Row]:
        wanted: dict[str, Value] = {"show": shown, "most": most, **narrowed}
        return view.ask(query, **wanted)

    found = rows(SHOWN)
    if not found:
        st.info(t("behind_none"), icon=":material/check_circle:")
        return
    total = found[0]["suborders" if shown in BY_STAGE else "orders"]
    st.markdown(_said(view, shown, narrowed, total, len(found)))
    st.caption(t("behind_open"))
    listed, columns = _listed(found, shown)
    picked = tables.show(
        listed,
        columns,
        "orders_behind",
        key="orders_table",
        on_select="rerun",
        selection_mode="single-cell",
    )
    for line, _ in picked["selection"]["cells"]:
        st.switch_page(
            navigation.page("orders"), query_params=navigation.shared(find=listed[line]["order_id"])
        )
    downloads.buttons(lambda: _taken_away(rows(DOWNLOADED), shown), f"orders_{shown}")


def _choice(shown: str) -> None:
    """The lists to choose from; a figure's own list stands beside them while it is shown."""
    st.session_state["show"] = shown
    choices = CHOICES if shown in CHOICES else (*CHOICES, shown)

    def changed() -> None:
        for name in NARROWING:
            st.query_params.pop(name, None)
        st.query_params["show"] = st.session_state["show"]

    st.segmented_control(
        t("show"),
        choices,
        format_func=lambda name: t(f"show_{name}"),
        key="show",
        required=True,
        on_change=changed,
    )


def _said(view: View, shown: str, narrowed: dict[str, str], total: int, listed: int) -> str:
    """What the list holds, in one sentence."""
    words = {"orders": formats.count(total), "shown": formats.count(listed)}
    if narrowed["stage"]:
        words["stage"] = stages.name(narrowed["stage"])
        words["at"] = _name(view, narrowed["at"])
    if shown == "step":
        key = f"step_{narrowed['step']}"
        words["step"] = t(key) if has_text(key) else narrowed["step"]
    key = f"behind_{shown}"
    if shown == "overdue" and narrowed["age"]:
        ages = {str(row["age"]): row for row in view.ask("ages")}
        if narrowed["age"] in ages:
            key, words["age"] = "behind_overdue_age", formats.age(ages[narrowed["age"]])
    if shown == "overdue" and has_text(f"part_{narrowed['part']}"):
        key, words["part"] = "behind_overdue_part", t(f"part_{narrowed['part']}")
        if narrowed["stage"] and narrowed["part"] == "with_us":
            key = "behind_overdue_at"
    if shown == "stuck" and not narrowed["stage"]:
        key, words["at"] = "behind_stuck_at", _name(view, narrowed["at"])
    if shown == "lost" and not narrowed["at"]:
        key = "behind_lost_sent_again" if narrowed["stage"] == stages.SENT_AGAIN else "behind_lost_nowhere"
    return t(key, **words)


def _name(view: View, code: str) -> str:
    """What a place, or a carrier, is called."""
    names = view.ask("holder", code=code)
    return names[0]["name"] if names else code


def _listed(rows: list[Row], shown: str) -> tuple[list[Row], dict[str, Any]]:
    """The rows as a table shows them, and its columns; the number opens the order."""
    said, columns = (_suborders if shown in BY_STAGE else _orders)(rows, shown)

    def hours(row: Row) -> float | None:
        return None if row["minutes"] is None else formats.or_zero(row["minutes"] / 60)

    return [{"link": link(row["order_id"]), "hours": hours(row), **row} for row in said], columns


def _taken_away(rows: list[Row], shown: str) -> list[Row]:
    """The same under the same heads, the link as the order's number."""
    listed, columns = _listed(rows, shown)
    heads = {("order_id" if name == "link" else name): config["label"] for name, config in columns.items()}
    return [
        {
            head: round(row[name], 2) if isinstance(row[name], float) else row[name]
            for name, head in heads.items()
        }
        for row in listed
    ]


def _orders(rows: list[Row], shown: str) -> tuple[list[Row], dict[str, Any]]:
    clock = CLOCK[language()]
    columns: dict[str, Any] = {
        "link": st.column_config.LinkColumn(t("col_order"), display_text=r"find=([^&]+)", pinned=True),
        "hours": st.column_config.NumberColumn(t(HOURS.get(shown, "col_late_hours")), format="%.1f"),
        "place_name": st.column_config.TextColumn(t("filter_place")),
        "carrier_name": st.column_config.TextColumn(t("filter_carrier")),
        "promised_at": st.column_config.DatetimeColumn(t("col_promised"), format=clock),
        "signed_at": st.column_config.DatetimeColumn(t("col_signed"), format=clock),
    }
    if shown in UNSIGNED:
        del columns["signed_at"]
        columns["said_part"] = st.column_config.TextColumn(t("col_overdue_part"), width="medium")
        columns["last_seen_at"] = st.column_config.DatetimeColumn(t("col_last_seen"), format=clock)
        rows = [{**row, "said_part": t(f"part_{row['part']}")} for row in rows]
    return rows, columns


def _suborders(rows: list[Row], shown: str) -> tuple[list[Row], dict[str, Any]]:
    clock = CLOCK[language()]
    columns: dict[str, Any] = {
        "link": st.column_config.LinkColumn(t("col_order"), display_text=r"find=([^&]+)", pinned=True),
        "hours": st.column_config.NumberColumn(t("col_over_hours"), format="%.1f"),
        "took_hours": st.column_config.NumberColumn(t("col_took"), format="%.1f"),
        "standard_hours": st.column_config.NumberColumn(t("col_standard"), format="%.1f"),
        "stage_said": st.column_config.TextColumn(t("col_stage")),
        "fulfilment_code": st.column_config.TextColumn(t("col_part")),
        "carrier_name": st.column_config.TextColumn(t("filter_carrier")),
        "started_at": st.column_config.DatetimeColumn(t("col_from"), format=clock),
        "ended_at": st.column_config.DatetimeColumn(t("col_until"), format=clock),
    }
    if shown == "stuck":
        del columns["ended_at"]
    hours = {"took_hours": "took_minutes", "standard_hours": "standard_minutes"}
    said = [{**row, "stage_said": stages.name(row["stage"])} for row in rows]
    return [{**row, **{name: row[source] / 60 for name, source in hours.items()}} for row in said], columns
