"""What every page starts from: the published run, what is chosen, and a way to ask."""

import time
from dataclasses import dataclass

import streamlit as st

from dashboards import published
from dashboards.published import Row, Value
from dashboards.settings import Settings
from dashboards.ui import filters
from dashboards.ui.filters import Chosen


@dataclass(frozen=True)
class View:
    """One reader's view of one published version."""

    settings: Settings
    run: Row
    chosen: Chosen

    def ask(self, query: str, **values: Value) -> list[Row]:
        """Rows of a query over what is chosen; `values` add to it or replace parts of it."""
        return published.ask(self.settings.published_file, query, **{**self.chosen.values(), **values})

    def ask_live(self, query: str, **values: Value) -> list[Row]:
        """The same of stock and tracks of right now; the age of a figure is counted to `now_us` and may be
        `old_after_seconds`.

        Raises:
            published.NothingPublishedError: there is no such file, or none that can be read.
        """
        known = {name: self.run[name] for name in ("timezone", "old_after_seconds")}
        asked = {**self.chosen.values(), **known, "now_us": time.time_ns() // 1000, **values}
        return published.ask_live(self.settings.live_file, query, **asked)


def open_view(settings: Settings, language: str) -> View:
    """Read the run and the address bar, draw the shared bar, and keep the view for the page.

    Raises:
        published.NothingPublishedError: no night has published yet.
    """
    file = settings.published_file
    run = published.ask(file, "run")[0]
    months = published.ask(file, "months")
    choices = published.ask(file, "choices", lang=language)
    chosen = filters.read(run, months, choices)
    filters.bar(run, months, choices, chosen)
    view = View(settings, run, chosen)
    st.session_state["view"] = view
    return view


def current() -> View:
    """The view the app opened for this run of the page."""
    return st.session_state["view"]
