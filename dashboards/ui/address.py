"""Widgets that live in the address bar: a pasted link shows what its sender saw."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from dashboards.published import Row
from dashboards.ui import periods
from dashboards.ui.i18n import t
from dashboards.ui.periods import Period

OWN = "own"


def kept(name: str, shown: object, key: str = "") -> Callable[[], None]:
    """Show a value in the widget of this key (the name's, unless told); when it is changed, the address says it: the
    widget's `on_change`.
    """
    key = key or name
    st.session_state[key] = shown

    def changed() -> None:
        st.query_params[name] = st.session_state[key]

    return changed


def search(name: str, label: str, placeholder: str) -> str:
    """A box to type into, and what the address asks for."""
    st.session_state[name] = asked = st.query_params.get(name, "").strip()

    def changed() -> None:
        st.query_params[name] = st.session_state[name].strip()

    st.text_input(
        label, key=name, on_change=changed, placeholder=placeholder, icon=":material/search:", width=520
    )
    return asked


def period(name: str, label: str, labels: dict[str, str], run: Row, shown: Period) -> None:
    """A list of periods, and two dates for days of one's own, which are among those there are."""
    days = max(shown.first, run["first_day"]), min(shown.last, run["last_day"])
    days = days if days[0] <= days[1] else (run["first_day"], run["first_day"])
    is_own = shown.code not in labels
    st.session_state[name] = OWN if is_own else shown.code

    def changed() -> None:
        picked = st.session_state[name]
        st.query_params[name] = periods.between(*days).code if picked == OWN else picked
        st.session_state[f"{name}_own"] = picked == OWN

    labels = {**labels, OWN: t("period_own")}
    st.selectbox(label, list(labels), format_func=labels.__getitem__, key=name, on_change=changed, width=190)
    if is_own or st.session_state.get(f"{name}_own"):
        _days(name, run, days)


def _days(name: str, run: Row, days: tuple[date, date]) -> None:
    key = f"{name}_days"
    st.session_state[key] = days

    def changed() -> None:
        picked: tuple[date, ...] = st.session_state[key]
        if len(picked) == 2:
            st.query_params[name] = periods.between(*picked).code

    st.date_input(
        t("days"),
        min_value=run["first_day"],
        max_value=run["last_day"],
        key=key,
        on_change=changed,
        width=230,
    )
