"""Every number opens: from a bar, a cell or a figure to the orders behind it.

A chart's points carry where they lead as `customdata`, made by `target()`; a mouse takes it by `chart()`, a
keyboard by `link()` beside it. What the Orders page understands of it: ui/orders.py.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import navigation, theme

PAGE = "orders"
LEFT = "left_by_a_chart"
# the list that holds the misses of a rate
MISSES = {
    "true_on_time_rate": "late",
    "promise_kept_rate": "due_missed",
    "in_full_on_time_rate": "not_in_full",
    "wished_date_hit_rate": "wish_missed",
    "complaint_rate": "complained",
    "promised_share": "unpromised",
}


def misses(rate: Row) -> int:
    """How many of what a rate counts are not as they should be: of complaints those that are."""
    return rate["numerator"] if rate["direction"] == "down" else rate["denominator"] - rate["numerator"]


def target(show: str, **narrowed: str | None) -> str:
    """Where a point leads: the list `show`, narrowed as the address does (`stage="transfer", at="WH_B"`)."""
    return json.dumps(
        {"show": show, **{name: value for name, value in narrowed.items() if value is not None}}
    )


def chart(drawn: go.Figure, key: str, alt: str) -> None:
    """A chart whose points open what their `customdata` names; the others do nothing."""
    picked = theme.show(drawn, key, alt, is_open=True)
    for point in picked:
        wanted = point.get("customdata")
        wanted = wanted[0] if isinstance(wanted, list) else wanted
        if isinstance(wanted, str):
            to = navigation.shared(**json.loads(wanted))
            st.session_state.setdefault(LEFT, {})[_as_key(to)] = _address()
            st.switch_page(navigation.page(PAGE), query_params=to)


def restore() -> None:
    """Give a page that was left by a chart its own address again, once the reader comes back to it.

    On leaving, the browser's history takes two entries: Streamlit writes the list's address over the page's, then opens
    the list. The first of them is the one that Back leads to; put right while going back, it stays one entry.
    """
    left = st.session_state.get(LEFT, {}).get(_as_key(_address()))
    if left is not None:
        st.query_params.from_dict(left)


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _as_key(address: Mapping[str, list[str]]) -> str:
    return json.dumps(address, sort_keys=True)


def link(label: str, show: str, **narrowed: str | None) -> None:
    """The same as a link: for the keyboard, the phone, and to be copied."""
    wanted: Mapping[str, str] = json.loads(target(show, **narrowed))
    st.page_link(
        navigation.page(PAGE), label=label, icon=":material/list:", query_params=navigation.shared(**wanted)
    )


def href(show: str, **narrowed: str) -> str:
    """The same as an address, for a link inside a line of markdown."""
    return f"/{PAGE}?{urlencode(navigation.shared(show=show, **narrowed), doseq=True)}"
