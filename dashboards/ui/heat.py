"""The heat map of stages and places by week, in two widths, and its table. Its words: heat_said.py."""

import textwrap
from collections import Counter

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, cells, formats, heat_said, opens, stages, strip, tables, theme
from dashboards.ui.heat_said import Week
from dashboards.ui.i18n import language, t
from dashboards.ui.page import View

LINKS = 3
ROW, ROW_ON_A_PHONE = 34, 50  # pixels
# letters of a label's line on a phone: a Chinese one is twice as wide
LABEL = {"en": 19, "zh": 9}


def controls(rows: list[Row], now: list[Row]) -> str:
    """The group that is shown, and whether its quiet rows are; from the address and back to it."""
    groups = list(strip.groups(rows))
    red = {group: sum(row["part"] == group and row["colour"] == "red" for row in now) for group in groups}
    # unless asked otherwise, the group with the stage to act on
    worst = next((row["part"] for row in now if row["colour"] == "red"), groups[0])
    asked = st.query_params.get("group")
    group = asked if asked in groups else worst
    st.session_state["all_rows"] = st.query_params.get("rows") == "all"

    def widened() -> None:
        st.query_params["rows"] = "all" if st.session_state["all_rows"] else "loud"

    def label(group: str) -> str:
        return t(f"strip_{group}") + (f" {theme.SIGNS['red']} {red[group]}" if red[group] else "")

    with st.container(horizontal=True, vertical_alignment="center", key="heat_controls"):
        st.segmented_control(
            t("heat_group"),
            groups,
            format_func=label,
            key="group",
            required=True,
            on_change=address.kept("group", group),
            label_visibility="collapsed",
        )
        st.toggle(t("heat_all"), key="all_rows", on_change=widened)
    return group


def pictures(view: View, rows: list[Row], now: list[Row], weeks: list[Week]) -> None:
    """The weeks in colours; on a phone only the last few. The other one of the two is out of sight."""
    run, newest = view.run, weeks[-1]
    limits = {"yellow": run["yellow_from"], "red": run["red_above"], "minimum": run["minimum_sample"]}
    judged = {_line(row) for row in now}
    few = [row for row in rows if row["week"] == newest.monday and _line(row) not in judged]
    newest_cells = [row for row in rows if row["week"] == newest.monday]
    jams = t(
        "heat_legend_jam", count=sum(map(heat_said.is_jammed, newest_cells)), minimum=run["minimum_sample"]
    )
    legend = [*strip.colour_legend([*now, *few], limits), f":gray-badge[{heat_said.JAM} {jams}]"]
    st.markdown(" ".join(legend), help=t("heat_legend_help"))
    for key, count in (("wide", len(weeks)), ("narrow", heat_said.WEEKS_ON_A_PHONE)):
        shown = weeks[-count:]
        said = t(
            "heat_caption_one" if len(shown) == 1 else "heat_caption",
            count=len(shown),
            day=formats.day(newest.last),
        )
        said += (
            ""
            if newest.is_over
            else t("heat_part", day=formats.short_day(newest.monday), last=formats.short_day(newest.last))
        )
        with st.container(key=f"heat_{key}"):
            st.caption(said + t(f"heat_standard_{run['standards_from']}"))
            _picture(rows, shown, is_wide=key == "wide")


def _picture(rows: list[Row], weeks: list[Week], is_wide: bool) -> None:
    mondays = [week.monday for week in weeks]
    shown = [row for row in rows if row["week"] in mondays]
    loud = {_line(row) for row in shown if row["colour"] in strip.ACT_ON or heat_said.is_jammed(row)}
    quiet = {_line(row) for row in shown} - loud
    if not st.session_state["all_rows"]:
        stuck = sum(
            row["open_overdue"] for row in shown if _line(row) in quiet and row["week"] == mondays[-1]
        )
        shown = [row for row in shown if _line(row) in loud]
    if shown:
        drawn = matrix(shown, weeks, is_wide)
        opens.chart(drawn, f"chart_heat_{'wide' if is_wide else 'narrow'}", t("page_stages"))
    if quiet and not st.session_state["all_rows"]:
        words = {"count": formats.count(len(quiet)), "open": formats.count(stuck)}
        st.caption(t("heat_quiet_all" if not shown else "heat_quiet", **words))


def _line(row: Row) -> tuple[str, str]:
    return row["stage"], row["place"]


def matrix(shown: list[Row], weeks: list[Week], is_wide: bool) -> go.Figure:
    """Stages at places down, as an order passes them; weeks across; colour, sign and deviation."""
    colours = theme.palette()
    lines = list(dict.fromkeys(_line(row) for row in shown))
    names = {_line(row): (stages.name(row["stage"]), heat_said.name(row)) for row in shown}
    mondays = [week.monday for week in weeks]
    x = [mondays.index(row["week"]) for row in shown]
    y = [lines.index(_line(row)) for row in shown]
    chart = theme.figure(96 + (ROW if is_wide else ROW_ON_A_PHONE) * len(lines))

    def written(row: Row) -> str:
        return _text(row, is_wide)

    cells.draw(chart, shown, x, y, written, heat_said.hover, heat_said.at, size=14 if is_wide else 12)
    heads = [formats.short_day(week.monday) for week in weeks]
    if not weeks[-1].is_over:
        heads[-1] += f"<br>{t('heat_to', day=formats.short_day(weeks[-1].last))}"
    chart.update_xaxes(
        side="top", title_text=t("heat_axis"), tickvals=list(range(len(weeks))), ticktext=heads,
        range=[-0.5, len(weeks) - 0.5], showgrid=False, tickangle=0,
    )  # fmt: skip
    labels = [_label(*names[line], is_wide) for line in lines]
    chart.update_yaxes(
        tickvals=list(range(len(lines))), ticktext=labels, range=[len(lines) - 0.5, -0.5], showgrid=False,
        tickfont={"size": 13 if is_wide else 12, "color": colours.text},
    )  # fmt: skip
    return chart


def _text(row: Row, is_wide: bool) -> str:
    said = heat_said.mark(row)
    if heat_said.is_jammed(row):
        stuck = t("strip_open", open=formats.count(row["open_overdue"]))
        both = f"{said}<br><b>{heat_said.JAM} {stuck}</b>"
        return f"<span style='font-size:11px'>{both}</span>" if is_wide else both
    return f"<b>{said}</b>" if row["colour"] in strip.ACT_ON else said


def _label(stage: str, name: str, is_wide: bool) -> str:
    if is_wide:
        return f"{stage} · {name}"
    return "<br>".join(part for words in (stage, name) for part in textwrap.wrap(words, LABEL[language()]))


def links(now: list[Row], rows: list[Row], week: Week) -> None:
    """What a keyboard opens: where the most time is lost now, and where most is stuck."""
    slow = [row for row in now if row["colour"] in strip.ACT_ON][:LINKS]
    stuck = sorted(
        (row for row in rows if row["week"] == week.monday and row["open_overdue"]),
        key=lambda row: -row["open_overdue"],
    )
    if not slow and not any(map(heat_said.is_jammed, stuck)):
        return
    with st.container(key="heat_links"):
        st.caption(t("heat_links"))
        for row in slow:
            label = t(
                "heat_open",
                name=f"{stages.name(row['stage'])} · {heat_said.name(row)}",
                mark=heat_said.mark(row),
                week=heat_said.week_of(row),
                suborders=formats.count(row["suborders"]),
            )
            if row["red_weeks"]:
                label += f" · {t('heat_red_since', since=heat_said.since(row))}"
            opens.link(label, "stage", **heat_said.at(row))
        for row in stuck[:LINKS]:
            name = f"{stages.name(row['stage'])} · {heat_said.name(row)}"
            label = t(
                "heat_open_stuck",
                name=name,
                open=formats.count(row["open_overdue"]),
                day=formats.short_day(row["last_day"]),
            )
            opens.link(label, "stuck", **heat_said.at(row))
        _stuck_by_place(stuck)


def _stuck_by_place(stuck: list[Row]) -> None:
    """Whoever runs a place opens all that is stuck there, whatever the stage; most first."""
    number = Counter[str]()
    for row in stuck:
        number[row["place"]] += row["open_overdue"]
    where = {row["place"]: row for row in stuck}
    with st.expander(t("heat_stuck_by_place"), key="heat_stuck_by_place"):
        for place, count in number.most_common():
            row = where[place]
            label = t("open_stuck", name=heat_said.name(row), orders=formats.count(count))
            opens.link(label, "stuck", at=place, period=heat_said.at(row)["period"])


def table(rows: list[Row], week: Week) -> None:
    """The newest week in numbers, the most time lost first."""
    first, last = formats.short_day(week.monday), formats.short_day(week.last)
    st.subheader(t("heat_table_title", first=first, last=last), anchor=False)
    latest = [row for row in rows if row["week"] == week.monday]
    number = st.column_config.NumberColumn
    heads = {
        "stage": st.column_config.TextColumn(t("heat_col_stage"), pinned=True),
        "name": st.column_config.TextColumn(t("heat_col_name")),
        "judged": st.column_config.TextColumn(t("heat_col_colour")),
        "deviation": number(t("heat_col_deviation"), format="%+.1f"),
        "hours": number(t("heat_col_hours"), format="%.1f"),
        "suborders": number(t("heat_col_suborders"), format="localized"),
        "open": number(t("heat_col_open"), format="localized"),
        "weeks": st.column_config.TextColumn(t("heat_col_weeks"), width=200),
    }
    said = [
        {
            "stage": stages.name(row["stage"]),
            "name": heat_said.name(row),
            "judged": f"{theme.SIGNS[row['colour']]} {t('colour_' + row['colour'])}"
            + (f" · {heat_said.JAM} {t('heat_jam')}" if heat_said.is_jammed(row) else ""),
            "deviation": None if row["deviation"] is None else formats.or_zero(100 * row["deviation"]),
            "hours": formats.or_zero(row["hours_over"]),
            "suborders": row["suborders"],
            "open": row["open_overdue"],
            "weeks": heat_said.since(row),
        }
        for row in sorted(latest, key=lambda row: -row["hours_over"])
    ]
    tables.show(said, heads, "stage_table")
