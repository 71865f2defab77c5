"""The rows that wait for a person, one at a time: what was typed, and its candidates side by side.

A button's key names its row, so a second click does not answer for the next one.
"""

from difflib import SequenceMatcher

import streamlit as st

from dashboards.byhand import channel
from dashboards.byhand.journal import Entry, Inbox, Known
from dashboards.ui import byhand, formats, navigation
from dashboards.ui.i18n import has_text, t
from dashboards.ui.page import View


def queue(view: View, inbox: Inbox, known: Known) -> None:
    """The row that is asked about, and a button for each answer."""
    waiting = {row["row_id"]: row for row in known.queue()}
    with st.container(border=True, key="byhand_queue"):
        st.subheader(t("byhand_queue"), anchor=False)
        if st.session_state.pop("byhand_was_decided", False):
            st.info(t("byhand_was_decided"), icon=":material/group:")
        if not waiting:
            st.caption(t("byhand_queue_empty"))
            return
        row = waiting[_chosen(waiting)]
        st.markdown(t("byhand_typed", number=byhand.plain(row["typed"]), **_said(row)))
        st.caption(t(f"byhand_reason_{row['reason']}", first=""))
        columns = st.columns(len(row["candidates"]), gap="small")
        for place, column in enumerate(columns):
            with column.container(border=True, height="stretch"):
                _card(view, inbox, row, place)
        if st.button(t("byhand_none_of_these"), icon=":material/close:", key=f"byhand_none_{row['row_id']}"):
            _decide(view, inbox, row, None)


def _chosen(waiting: dict[str, Entry]) -> str:
    if st.session_state.get("byhand_row") not in waiting:
        st.session_state["byhand_row"] = next(iter(waiting))

    def named(row_id: str) -> str:
        row = waiting[row_id]
        return t("byhand_row", line=row["line"], number=row["typed"], file=row["file"])

    return st.selectbox(
        t("byhand_rows_waiting", rows=formats.count(len(waiting))),
        list(waiting),
        format_func=named,
        key="byhand_row",
    )


def _said(row: Entry) -> dict[str, str]:
    blank = t("byhand_not_given")
    names = ("carrier", "city", "status", "occurred_at", "code")
    return {name: byhand.plain(row[name]) or blank for name in names}


def _card(view: View, inbox: Inbox, row: Entry, place: int) -> None:
    candidate = row["candidates"][place]
    waybill = candidate["waybill"]
    st.markdown(f"**{_marked(row['number'], waybill)}**")
    likely = formats.percent(candidate["likelihood"], 0 if candidate["likelihood"] >= 0.1 else 1)
    st.markdown(t("byhand_likely", likely=likely, kind=t(f"byhand_kind_{candidate['kind']}")))
    stage = f"stage_{candidate['stage_now']}"
    st.caption(
        t(
            "byhand_candidate",
            carrier=_held(candidate["carrier"], candidate["is_carrier"] if row["carrier"] else None),
            city=_held(candidate["city"], candidate["is_city"] if row["city"] else None),
            promised=str(candidate["promised_at"] or t("no_rate"))[:16],
            handed_over=str(candidate["handed_over_at"] or t("no_rate"))[:16],
            stage=t(stage) if has_text(stage) else t("no_rate"),
        )
    )
    st.page_link(
        navigation.page("orders"),
        label=t("byhand_open_order", order=candidate["order_id"]),
        icon=":material/open_in_new:",
        query_params=navigation.shared(find=candidate["order_id"]),
    )
    if st.button(
        t("byhand_pick"),
        icon=":material/check:",
        key=f"byhand_pick_{row['row_id']}_{place}",
        type="primary",
        width="stretch",
    ):
        _decide(view, inbox, row, waybill)


def _held(value: str | None, is_same: bool | None) -> str:
    """A value with the sign of whether the typed one says the same."""
    sign = {True: " ✓", False: " ≠", None: ""}[is_same]
    return f"{value or t('no_rate')}{sign}"


def _marked(number: str, waybill: str) -> str:
    """The number, what differs from the typed one on a ground of its own."""
    parts = []
    for kind, _, _, start, end in SequenceMatcher(None, number, waybill, autojunk=False).get_opcodes():
        if part := waybill[start:end]:
            parts.append(part if kind == "equal" else f":orange-background[{part}]")
    return "".join(parts)


def _decide(view: View, inbox: Inbox, row: Entry, waybill: str | None) -> None:
    is_ours = channel.decide(inbox, row["row_id"], waybill, byhand.who(), byhand.now(view))
    st.session_state["byhand_was_decided"] = not is_ours
    st.rerun()
