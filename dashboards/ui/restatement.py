"""A day's rate as first published and as known now. Promises do not move; what is recorded late of the rest does."""

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, formats, periods, restated_events, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

NOTABLE = 0.05  # points: from here on a move is written as 0.1 or more
LONG = 92  # days: more of them are lines without marks


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
    """Days with enough orders whose rate has moved, the most moved first."""
    told = [row for row in rows if not row["is_too_few"] and abs(row["points"]) >= NOTABLE]
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
    nights = [row for row in rows if row["is_own_night"]]
    counts = {"nights": formats.count(len(nights)), "days": formats.count(len(rows))}
    hour = {"hour": formats.hour(view.run["publication_hour"])}
    said = [t("restated_how", **hour) if shown["is_by_order"] else t("restated_how_published")]
    if nights and not shown["is_by_order"]:
        said.append(t("restated_nights_whole", **counts))
    elif nights:
        same = sum(row["is_published_so"] for row in nights)
        some = "restated_nights_some" if len(nights) < len(rows) else "restated_nights"
        said.append(t(some, same=formats.count(same), **counts))
        if same < len(nights):
            said.append(t("restated_nights_differ", **hour))
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
        marker={"color": [colours.moved(row["points"], shown["direction"]) for row in rows]},
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
    most = max(2 * NOTABLE, most)
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
    restated_events.table(view, shown, moved, (_moved(rows) or moved)[0])
