"""A day's rate as first published and as known now. Promises do not move; what is recorded late of the rest does."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, downloads, formats, orders, periods, tables, theme
from dashboards.ui.i18n import language, t
from dashboards.ui.page import View

NOTABLE = 0.1  # points: what a rate with one decimal shows
LONG = 92  # days: more of them are lines without marks
SHOWN = 200
DOWNLOADED = 100_000


def metric(view: View) -> Row:
    """The rate to look at, from the address."""
    known = {row["metric"]: row for row in view.ask("restated_metrics")}
    asked = st.query_params.get("metric", "")
    chosen = asked if asked in known else next(iter(known))
    st.selectbox(
        t("restated_metric"),
        list(known),
        format_func=lambda name: known[name]["title"],
        key="metric",
        on_change=address.kept("metric", chosen),
        help=known[chosen]["definition"],
        width=420,
    )
    return known[chosen]


def _moved(rows: list[Row]) -> list[Row]:
    """Days with enough orders whose rate shows otherwise now, the most moved first."""
    told = [row for row in rows if not row["is_too_few"] and round(abs(row["points"]), 2) >= NOTABLE]
    return sorted(told, key=lambda row: -abs(row["points"]))


def sentence(view: View, shown: Row, rows: list[Row]) -> str:
    """How many days moved, which the most, and by how many orders."""
    words = {
        "period": periods.phrase(view.chosen.period),
        "metric": shown["title"],
        "of": formats.count(sum(not row["is_too_few"] for row in rows)),
    }
    moved = _moved(rows)
    if not moved:
        return t("restated_none", **words)
    most = moved[0]
    return t(
        "restated" if shown["is_by_order"] else "restated_whole",
        days=formats.count(len(moved)),
        points=formats.points(most["points"]),
        day=formats.day(most["day"]),
        orders=formats.count(most["orders"]),
        **words,
    )


def how_known(view: View, shown: Row, rows: list[Row]) -> str:
    """Where the first figures come from, and how many of them a night of the day's own really published."""
    nights = [row for row in rows if row["night_value"] is not None]
    said = [t("restated_how" if shown["is_by_order"] else "restated_how_published")]
    if nights and not shown["is_by_order"]:
        said.append(
            t("restated_nights_whole", nights=formats.count(len(nights)), days=formats.count(len(rows)))
        )
    elif nights:
        same = sum(abs(row["night_value"] - (row["first_value"] or 0)) < 0.0005 for row in nights)
        said.append(t("restated_nights", nights=formats.count(len(nights)), same=formats.count(same)))
    else:
        said.append(t("restated_no_nights"))
    if view.chosen.names:
        said.append(t("restated_unfiltered"))
    return t("gap_between").join(said)


def comparison(view: View, shown: Row, rows: list[Row]) -> None:
    """First and now, a pair a day; a click on a day shows what moved it."""
    st.subheader(t("restated_title", metric=shown["title"]), anchor=False)
    told = [row for row in rows if not row["is_too_few"]]
    if not told:
        st.caption(t("restated_few", minimum=view.run["minimum_sample"]))
        return
    st.caption(t("restated_caption" if shown["is_by_order"] else "restated_caption_whole"))
    picked = theme.show(
        chart(shown, told), "chart_restated", t("restated_title", metric=shown["title"]), is_open=True
    )
    for point in picked:
        wanted = point.get("customdata")
        wanted = wanted[0] if isinstance(wanted, list) else wanted
        # a point stays picked: only a new one changes the day
        if isinstance(wanted, str) and wanted != st.session_state.get("restated_picked"):
            st.session_state["restated_picked"] = st.query_params["day"] = wanted
    few = len(rows) - len(told)
    if few:
        st.caption(t("restated_few_days", days=formats.count(few), minimum=view.run["minimum_sample"]))


def chart(shown: Row, rows: list[Row]) -> go.Figure:
    """Above the rate as first published and as known now, below by how much it moved."""
    colours = theme.palette()
    figure = theme.figure(430)
    days = [row["day"] for row in rows]
    marks = "lines" if len(rows) > LONG else "lines+markers"
    said = [
        t(
            "restated_hover" if shown["is_by_order"] else "restated_hover_whole",
            day=formats.day(row["day"]),
            first=formats.percent(row["first_value"]),
            now=formats.percent(row["value"]),
            points=formats.points(row["points"]),
            orders=formats.count(row["orders"]),
        )
        for row in rows
    ]
    series = (
        ("restated_first", "first_value", colours.erp, "diamond-open", "dot"),
        ("restated_now", "value", colours.ours, "circle", "solid"),
    )
    for name, column, colour, symbol, dash in series:
        figure.add_scatter(
            x=days,
            y=[100 * row[column] for row in rows],
            yaxis="y2",
            mode=marks,
            name=t(name),
            line={"color": colour, "width": 2, "dash": dash},
            marker={"color": colour, "symbol": symbol, "size": 8},
            text=said,
            hoverinfo="text",
            customdata=[day.isoformat() for day in days],
            cliponaxis=False,
        )
    most_moved = max(rows, key=lambda row: abs(row["points"]))
    most = abs(most_moved["points"])
    figure.add_bar(
        x=days,
        y=[row["points"] for row in rows],
        marker={"color": [colours.gain if _is_better(shown, row) else colours.loss for row in rows]},
        # one number: all of them have no room on a phone
        text=[formats.points(row["points"]) if row is most_moved and most >= NOTABLE else "" for row in rows],
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
        hovertext=said,
        hoverinfo="text",
        customdata=[day.isoformat() for day in days],
        showlegend=False,
    )
    most = max(NOTABLE, most)
    theme.split(figure, t("restated_axis"), t("restated_points_axis"))
    figure.update_layout(yaxis={"range": [-1.5 * most, 1.5 * most], "nticks": 3, "zeroline": True})
    figure.update_layout(yaxis={"zerolinecolor": colours.muted})
    figure.update_xaxes(
        title_text=t("trend_day_axis"),
        tickformat=formats.axis_dates("month" if len(rows) > LONG else "day"),
        showgrid=False,
        nticks=6,
    )
    return figure


def _is_better(shown: Row, row: Row) -> bool:
    return bool((row["points"] > 0) == (shown["direction"] == "up"))


def events(view: View, shown: Row, rows: list[Row]) -> None:
    """The orders that moved one day's rate, each with the event, its recording, and the line it stands in."""
    moved = [row for row in rows if row["orders"]]
    st.subheader(t("restated_events"), anchor=False)
    if not shown["is_by_order"]:
        st.caption(t(f"restated_by_{shown['counts']}"))
        return
    if not moved:
        st.caption(t("restated_nothing_moved"))
        return
    day = _day(moved, _moved(rows) or moved)
    words = {name: formats.count(day[name]) for name in ("orders", "joined", "gone", "judged_anew")}
    st.markdown(t("restated_day", day=formats.day(day["day"]), **_values(day), **words))
    code = day["day"].isoformat()
    causes = view.ask("restated_causes", metric=shown["metric"], day=code)
    if causes:
        listed = t("restated_comma").join(
            t(
                "restated_cause",
                cause=t(f"cause_{_said(shown, row['cause'])}"),
                orders=formats.count(row["orders"]),
            )
            for row in causes
        )
        st.markdown(t("restated_causes", causes=listed))

    def found(most: int) -> list[Row]:
        return view.ask("restated_orders", metric=shown["metric"], day=code, most=most)

    _table(shown, found(SHOWN))
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


def _day(moved: list[Row], most_first: list[Row]) -> Row:
    """The day asked for, else the most moved one."""
    known = {row["day"].isoformat(): row for row in moved}
    asked = st.query_params.get("day", "")
    chosen = asked if asked in known else most_first[0]["day"].isoformat()
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


def _said(shown: Row, what: str) -> str:
    """The word for it where the rate needs one of its own: a complaint is not met, a status is not a signature."""
    own = {"complaint_rate": ("now_met", "now_missed"), "erp_on_time_rate": ("recorded_late", "corrected")}
    return f"{what}_{shown['metric']}" if what in own.get(shown["metric"], ()) else what


def _table(shown: Row, rows: list[Row]) -> None:
    clock = orders.CLOCK[language()]
    columns: dict[str, Any] = {
        "link": st.column_config.LinkColumn(t("col_order"), display_text=r"find=([^&]+)", pinned=True),
        "cause": st.column_config.TextColumn(t("col_cause")),
        "move": st.column_config.TextColumn(t("col_move")),
        "before_name": st.column_config.TextColumn(t("col_known_first")),
        "before_at": st.column_config.DatetimeColumn(t("col_known_first_at"), format=clock, width=140),
        "event_name": st.column_config.TextColumn(t("col_since")),
        "occurred_at": st.column_config.DatetimeColumn(t("col_since_at"), format=clock),
        "recorded_at": st.column_config.DatetimeColumn(t("col_recorded"), format=clock),
        "signed_at_then": st.column_config.DatetimeColumn(t("col_signed_then"), format=clock, width=140),
        "signed_at": st.column_config.DatetimeColumn(t("col_signed_now"), format=clock),
        "source": st.column_config.TextColumn(t("col_source")),
        "file": st.column_config.TextColumn(t("col_file")),
        "record": st.column_config.NumberColumn(t("col_record"), format="%d"),
    }
    listed = [
        {
            **row,
            "link": orders.link(row["order_id"]),
            "move": t(f"move_{_said(shown, row['move'])}"),
            "cause": t(f"cause_{_said(shown, row['cause'])}") if row["cause"] else None,
        }
        for row in rows
    ]
    tables.show(listed, columns, "restated_orders")
