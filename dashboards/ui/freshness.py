"""How old the figures are, and a banner when the last night did not bring new ones."""

import json
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import published
from dashboards.published import Row
from dashboards.settings import Settings
from dashboards.ui import formats, navigation
from dashboards.ui.i18n import t

# a night and a half: one that is running late is not yet one that did not come
LATE_AFTER_HOURS = 36
WATCHED_EVERY = 60  # seconds


def as_of(run: Row, settings: Settings) -> str:
    """When the data is from, in the company's zone; of a finished history, where it ends."""
    when = (
        t("end_of_day", day=formats.day(run["last_day"]))
        if run["is_end_of_day"]
        else formats.moment(run["as_of_local"])
    )
    key = "as_of" if run["has_clock"] else "as_of_ended"
    return t(key, when=when, zone=run["timezone"], profile=settings.profile)


def age_hours(run: Row) -> float:
    """Hours since the instant the figures are of."""
    return (time.time() - run["as_of_seconds"]) / 3600


def is_late(run: Row) -> bool:
    """Whether a night has not come in that should have by now."""
    return run["has_clock"] and age_hours(run) > LATE_AFTER_HOURS


def days_ago(run: Row) -> int:
    """How many local days the last day of the data lies back from now."""
    now = datetime.fromtimestamp(time.time(), ZoneInfo(run["timezone"]))
    return (now.date() - run["last_day"]).days


def last_night(status_file: Path) -> dict[str, str]:
    """What the last night said of itself; nothing where no night has said anything yet."""
    if not status_file.is_file():
        return {}
    return json.loads(status_file.read_text(encoding="utf-8"))


def banner(run: Row, settings: Settings) -> None:
    """Red when the last night failed, yellow when it was held back or is late; a line for missing files."""
    night = last_night(settings.status_file)
    words = {"when": _moment(night.get("at")), "message": night.get("message") or ""}
    if night.get("status") == "failed":
        st.error(t("night_failed", **words), icon=":material/error:")
    elif night.get("status") == "blocked":
        st.warning(t("night_blocked", **words), icon=":material/block:")
    elif is_late(run):
        age = formats.duration(60 * age_hours(run))
        st.warning(t("night_late", age=age), icon=":material/schedule:")
    if run["refused_files"]:
        said = t("files_refused", files=formats.count(run["refused_files"]))
        st.page_link(
            navigation.page("data_health"),
            label=said,
            icon=":material/warning:",
            query_params=navigation.shared(),
        )


def standing(run: Row, settings: Settings, version: str) -> tuple[str, str | None, bool, int]:
    """What a page says of its age, and the version of the file it was drawn from."""
    return version, last_night(settings.status_file).get("at"), is_late(run), days_ago(run)


@st.fragment(run_every=WATCHED_EVERY)
def watch(run: Row, settings: Settings, drawn: tuple[str, str | None, bool, int]) -> None:
    """Draw a page that is left open anew once a night has come in, or failed to, or another day has begun."""
    if standing(run, settings, published.version(settings.published_file)) != drawn:
        st.rerun()


def _moment(text: str | None) -> str:
    return formats.moment(datetime.fromisoformat(text)) if text else t("no_rate")
