"""The orders that moved one day's rate: what was known of each at first, what is known now, and where that stands."""

from typing import Any

import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, downloads, formats, orders, tables
from dashboards.ui.i18n import language, t
from dashboards.ui.page import View

SHOWN = 200
DOWNLOADED = 100_000
# what the first rows leave too narrow
WIDTHS = {"en": {"when": 112, "what": 142}, "zh": {"when": 138, "what": 100}}

# what is said of a cause where no event says it
BEFORE = {
    **dict.fromkeys(("recorded_late", "signed_since", "complained", "cancelled", "part_added"), "nothing"),
    "receipt_late": "nothing",
    "ship_by_moved": "ship_by",
}
EVENT = {
    "replaced": "no_event",
    "part_added": "no_event",
    "receipt_late": "receipt",
    "shortage": "receipt",
    "order_changed": "order_line",
    "ship_by_moved": "ship_by",
}
FILE = {"replaced": "row_of_part", "part_added": "row_of_part", "ship_by_moved": "row_of_order"}


def table(view: View, shown: Row, moved: list[Row], most_moved: Row) -> None:
    """Of the day chosen, else the most moved one: its two rates, the causes, and each order."""
    day = _day(moved, most_moved)
    words = {name: formats.count(day[name]) for name in ("orders", "joined", "gone", "judged_anew")}
    words["hour"] = formats.hour(view.run["publication_hour"])
    st.markdown(t("restated_day", day=formats.day(day["day"]), **_values(day), **words))
    if day["is_published_so"] is False:
        published = {
            "published": formats.percent(day["published_value"]),
            "k": formats.count(day["published_numerator"]),
            "n": formats.count(day["published_denominator"]),
            "moment": formats.moment(day["published_known_at"]),
        }
        st.caption(t("restated_published", **published))
    code = day["day"].isoformat()
    causes = view.ask("restated_causes", metric=shown["metric"], day=code)
    if causes:
        listed = t("restated_comma").join(
            t(
                "restated_cause",
                cause=t(f"cause_{_word(shown, row['cause'])}"),
                orders=formats.count(row["orders"]),
            )
            for row in causes
        )
        st.markdown(t("restated_causes", causes=listed))

    def found(most: int) -> list[Row]:
        return [
            told(shown, row)
            for row in view.ask("restated_orders", metric=shown["metric"], day=code, most=most)
        ]

    _table(found(SHOWN))
    downloads.buttons(lambda: found(DOWNLOADED), f"restated_{code}")


def _values(day: Row) -> dict[str, str]:
    return {
        "first": formats.percent(day["first_value"]),
        "first_k": formats.count(day["first_numerator"]),
        "first_n": formats.count(day["first_denominator"]),
        "now": formats.percent(day["value"]),
        "k": formats.count(day["numerator"]),
        "n": formats.count(day["denominator"]),
    }


def _day(moved: list[Row], most_moved: Row) -> Row:
    """The day asked for, else the most moved one."""
    known = {row["day"].isoformat(): row for row in moved}
    asked = st.query_params.get("day", "")
    chosen = asked if asked in known else most_moved["day"].isoformat()
    st.selectbox(
        t("restated_choose"),
        list(known),
        format_func=lambda code: t(
            "restated_choice",
            day=formats.day(known[code]["day"]),
            orders=formats.count(known[code]["orders"]),
        ),
        key="day",
        on_change=address.kept("day", chosen),
        width=320,
    )
    return known[chosen]


def _word(shown: Row, what: str) -> str:
    """The word for it where the rate needs one of its own: a complaint is not met, a status is not a signature."""
    own = {"complaint_rate": ("now_met", "now_missed"), "erp_on_time_rate": ("recorded_late", "corrected")}
    return f"{what}_{shown['metric']}" if what in own.get(shown["metric"], ()) else what


def told(shown: Row, row: Row) -> Row:
    """An order with its codes in words, and words where no event was at first or is the cause."""
    cause = row["cause"]
    return {
        **row,
        "move_said": t(f"move_{_word(shown, row['move'])}"),
        "cause_said": t(f"cause_{_word(shown, cause)}") if cause else None,
        "before_name": row["before_name"] or _said(BEFORE, cause),
        "event_name": row["event_name"] or _said(EVENT, cause),
        "file_said": row["file"] or _said(FILE, cause),
    }


def _said(words: dict[str, str], cause: str | None) -> str | None:
    return t(f"told_{words[cause]}") if cause in words else None


def _table(rows: list[Row]) -> None:
    clock, width = orders.CLOCK[language()], WIDTHS[language()]
    # the line an event stands in is in sight on a screen of 1440 points
    columns: dict[str, Any] = {
        "link": st.column_config.LinkColumn(t("col_order"), display_text=r"find=([^&]+)", pinned=True),
        "cause_said": st.column_config.TextColumn(t("col_cause")),
        "move_said": st.column_config.TextColumn(t("col_move")),
        "before_name": st.column_config.TextColumn(t("col_first_what")),
        "before_at": st.column_config.DatetimeColumn(t("col_first_when"), format=clock, width=width["when"]),
        "event_name": st.column_config.TextColumn(t("col_now_what"), width=width["what"]),
        "occurred_at": st.column_config.DatetimeColumn(t("col_now_when"), format=clock),
        "recorded_at": st.column_config.DatetimeColumn(t("col_recorded"), format=clock),
        "source": st.column_config.TextColumn(t("col_source")),
        "file_said": st.column_config.TextColumn(t("col_file"), width=238),
        "record": st.column_config.NumberColumn(t("col_record"), format="%d"),
        "signed_at_then": st.column_config.DatetimeColumn(t("col_signed_then"), format=clock, width=140),
        "signed_at": st.column_config.DatetimeColumn(t("col_signed_now"), format=clock, width=140),
    }
    listed = [{**row, "link": orders.link(row["order_id"])} for row in rows]
    tables.show(listed, columns, "restated_orders", nothing=t("no_rate"))
