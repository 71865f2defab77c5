"""Which pages there are, by who reads them, and how one gets from page to page without losing what is chosen."""

from pathlib import Path

import streamlit as st

from dashboards import settings
from dashboards.ui.i18n import t

FOLDER = Path(__file__).parent.parent / "app_pages"
# group of readers -> its pages, by the key of their texts; a page has a line here once it has something to show.
# Alerts will have a page with the executive's and one with operations', orders' states with operations',
# customers' identity with trust: a menu grows by a line, nothing else moves.
PAGES = {
    "executive": ["executive", "change"],
    "operations": ["stages", "scorecards", "promise", "orders"],
    "trust": ["definitions", "data_health", "restatement", "decisions"],
    "analyst": ["sql"],
}
# pages that are not there unless somebody has switched them on
SWITCHED = {"operations": ["byhand"]}
# pages of what is pulled every few seconds: in no menu where nothing is; opened by its address, such a page says so
LIVE = {"operations": ["stock"]}
# what the address says to every page; the rest is said to one page only
OF_EVERY_PAGE = ("lang", "period", "place", "carrier", "order_type")


def pages() -> dict[str, st.Page]:
    """All pages by key; the first is the one that opens."""
    of_groups = [*groups().values(), *LIVE.values()]
    return {key: page(key) for keys in of_groups for key in keys}


def groups() -> dict[str, list[str]]:
    """The pages of each group of readers, with those that are switched on or have something live to show."""
    found = settings.load()
    live = LIVE if found.live_file.is_file() else {}
    switched = SWITCHED if found.byhand else {}
    return {group: [*keys, *live.get(group, []), *switched.get(group, [])] for group, keys in PAGES.items()}


def page(key: str) -> st.Page:
    """A page by its key."""
    is_first = key == next(iter(PAGES.values()))[0]
    return st.Page(
        FOLDER / f"{key}.py",
        title=t(f"page_{key}"),
        url_path=None if is_first else key,
        default=is_first,
    )


def key_of(asked: st.Page) -> str:
    """The key of the page that is read."""
    return asked.url_path or next(iter(PAGES.values()))[0]


def bar(known: dict[str, st.Page], shown: str) -> None:
    """A menu a group, the one that is read said in full; the links carry period, filters and language along."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="pages"):
        for group, keys in groups().items():
            label = t(f"group_{group}")
            if shown in keys:
                label = f"**{label} · {t(f'page_{shown}')}**"
            # a menu of its own on each page: the one that was opened to leave does not stay open
            with st.popover(label, type="tertiary", key=f"menu_{group}_on_{shown}"):
                for key in keys:
                    st.page_link(known[key], label=t(f"page_{key}"), query_params=shared())


def shared(**values: str) -> dict[str, list[str]]:
    """What the address says to every page, and what it is to say to the one that is linked."""
    params = st.query_params
    kept = {name: params.get_all(name) for name in params if name in OF_EVERY_PAGE}
    return {**kept, **{name: [value] for name, value in values.items()}}
