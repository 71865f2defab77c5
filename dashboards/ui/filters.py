"""The shared filters. They live in the address bar: a pasted link shows the same, in the same language.

Belongs here: period, place, carrier, order type, language. Not here: what a page does with them.
"""

from dataclasses import dataclass, field

import streamlit as st

from dashboards.published import Row, Value
from dashboards.ui import address, formats, periods
from dashboards.ui.i18n import LANGUAGES, language, t
from dashboards.ui.periods import Period

LISTS = {"place": "places", "carrier": "carriers", "order_type": "types"}


@dataclass(frozen=True)
class Chosen:
    """What is chosen: the period, codes by filter, and the names of what is chosen."""

    period: Period
    codes: dict[str, list[str]]
    names: list[str]
    unknown: list[str] = field(default_factory=list)

    def values(self) -> dict[str, Value]:
        """What every query is bound to."""
        return {
            "from_day": self.period.first.isoformat(),
            "to_day": self.period.last.isoformat(),
            "lang": language(),
            **{value: self.codes[name] for name, value in LISTS.items()},
        }


def read(run: Row, months: list[Row], choices: list[Row]) -> Chosen:
    """What the address bar says; what it says of things that are not there is named in `unknown`."""
    known = {(row["filter"], row["code"]): row["name"] for row in choices}
    asked = {name: list(dict.fromkeys(st.query_params.get_all(name))) for name in LISTS}
    codes = {name: [code for code in asked[name] if (name, code) in known] for name in LISTS}
    unknown = [code for name in LISTS for code in asked[name] if (name, code) not in known]
    names = [known[name, code] for name in LISTS for code in codes[name]]
    code = st.query_params.get("period")
    period = periods.parse(code, run["first_day"], run["last_day"]) if code else None
    if code and period is None:
        unknown.append(code)
    return Chosen(period or default_period(run, months), codes, names, unknown)


def default_period(run: Row, months: list[Row]) -> Period:
    """The latest month with enough orders to say something; where no month has, everything."""
    start = next((row["month"] for row in months if row["is_enough"]), None)
    if start is None:
        return Period("all", run["first_day"], run["last_day"], "all")
    return periods.month_of(start, run["last_day"])


def bar(run: Row, months: list[Row], choices: list[Row], chosen: Chosen) -> None:
    """Title and the controls in one row; on a phone they wrap."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="bar"):
        st.title(t("title"), width="stretch", anchor=False)
        _period(run, months, chosen.period)
        _lists(choices, chosen)
        languages()


def _period(run: Row, months: list[Row], period: Period) -> None:
    labels = {run["last_day"].isoformat(): t("period_last_day", day=formats.short_day(run["last_day"]))}
    labels |= {f"{row['month']:%Y-%m}": formats.month(row["month"]) for row in months}
    labels |= {"all": t("period_all")}
    address.period("period", t("period"), labels, run, period)


def _lists(choices: list[Row], chosen: Chosen) -> None:
    number = len(chosen.names)
    label = t("filters_set", count=number) if number else t("filters")
    with st.popover(label, icon=":material/filter_alt:"):
        for name in LISTS:
            names = {row["code"]: row["name"] for row in choices if row["filter"] == name}
            st.multiselect(
                t(f"filter_{name}"),
                list(names),
                format_func=names.__getitem__,
                placeholder=t("everything"),
                key=name,
                on_change=address.kept(name, chosen.codes[name]),
            )


def languages() -> None:
    """The switch between the languages."""
    st.segmented_control(
        t("language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="language",
        required=True,
        on_change=address.kept("lang", language(), "language"),
        label_visibility="collapsed",
    )


def said(chosen: Chosen) -> None:
    """What is filtered, in words, for whoever opens the link; and what the link asked in vain."""
    if chosen.names:
        st.caption(t("filtered", names=" · ".join(chosen.names)))
    if chosen.unknown:
        st.warning(t("unknown_choice", names=", ".join(chosen.unknown)), icon=":material/link_off:")
