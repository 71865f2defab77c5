"""What is overdue and open: by what can be done about it, by where it stands with us, and by age."""

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import charts, formats, opens, stages, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

SHOWN_STAGES = 5


def is_now(view: View) -> bool:
    """Whether the period ends where the data does: then what is open can still be acted on."""
    return view.chosen.period.last == view.run["last_day"]


def moving(parts: list[Row]) -> int:
    """Orders that something can be done about today."""
    return sum(row["orders"] for row in parts if row["is_moving"])


def show(view: View, parts: list[Row], ages: list[Row]) -> None:
    """What to act on today first; then what waits for somebody's word; the ages folded away below."""
    st.subheader(t("overdue_title"), anchor=False)
    if not any(row["orders"] for row in parts):
        st.caption(t("nothing_overdue"))
        return
    st.markdown(sentence(view, parts))
    st.caption(t("overdue_caption", day=formats.day(view.chosen.period.last)))
    opens.chart(picture(parts, is_now(view)), "chart_parts", t("overdue_title"))
    with st.expander(t("open_lists"), key="open_parts"):
        for row in parts:
            if row["orders"]:
                label = t("overdue_hover", age=name(row), orders=formats.count(row["orders"]))
                opens.link(label, "overdue", part=row["part"])
        for row in _with_us(view):
            label = t("open_lost_plain", name=_at(row), orders=formats.count(row["orders"]))
            opens.link(label, "overdue", part="with_us", stage=row["stage"], at=row["place"])
    with st.expander(t("overdue_ages"), key="open_ages"):
        opens.chart(charts.overdue(ages), "chart_overdue", t("overdue_ages"))
        for row in ages:
            if row["orders"]:
                label = t("overdue_hover", age=formats.age(row), orders=formats.count(row["orders"]))
                opens.link(label, "overdue", age=str(row["age"]))


def sentence(view: View, parts: list[Row]) -> str:
    """Markdown: what can still be moved, where most of it stands with us, and what waiting will not bring."""
    number = {row["part"]: row["orders"] for row in parts}
    total, can_move = sum(number.values()), moving(parts)
    words = {"orders": formats.count(total), "moving": formats.count(can_move)}
    listed = [_counted(row) for row in parts if row["is_moving"] and row["orders"]]
    key = ("overdue_act" if is_now(view) else "overdue_act_past") if can_move else "overdue_act_none"
    said = [t(key, parts=t("list_joint").join(listed), **words)]
    ours = _with_us(view)
    if ours:
        where = {"name": _at(ours[0]), "orders": formats.count(ours[0]["orders"])}
        said.append(t("overdue_ours", **where))
    rest = [_counted(row) for row in parts if not row["is_moving"] and row["orders"]]
    if rest:
        said.append(t("overdue_rest", parts=t("list_joint").join(rest)))
    return t("gap_between").join(said)


def _counted(row: Row) -> str:
    return t("overdue_part", name=name(row), orders=formats.count(row["orders"]))


def _with_us(view: View) -> list[Row]:
    """Where it stands is known of now, not of an earlier day."""
    if not is_now(view):
        return []
    return [row for row in view.ask("overdue_with_us") if row["stage"] and row["place"]][:SHOWN_STAGES]


def _at(row: Row) -> str:
    return f"{stages.name(row['stage'])} · {row['name']}"


def name(row: Row) -> str:
    """A group of overdue orders, as the pages call it."""
    return t(f"part_{row['part']}")


def picture(parts: list[Row], is_now: bool) -> go.Figure:
    """A bar a group, those that can be moved in colour; of now, with what to do about it."""
    colours = theme.palette()
    some = [row for row in parts if row["orders"]]
    labels = [
        f"<b>{name(row).capitalize()}</b>" + (f"<br>{t('part_do_' + row['part'])}" if is_now else "")
        for row in some
    ]
    chart = theme.figure(70 + 50 * len(some))
    chart.add_bar(
        orientation="h",
        y=labels,
        x=[row["orders"] for row in some],
        marker={"color": [colours.loss if row["is_moving"] else colours.total for row in some]},
        width=0.56,
        text=[formats.count(row["orders"]) for row in some],
        textposition="outside",
        cliponaxis=False,
        hovertext=[_said(row) for row in some],
        hoverinfo="text",
        customdata=[opens.target("overdue", part=row["part"]) for row in some],
    )
    most = max(row["orders"] for row in some)
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(
        title_text=t("overdue_axis"), range=[0, 1.3 * most], nticks=4, tickangle=0, tickformat=",d"
    )
    return chart


def _said(row: Row) -> str:
    words = {"orders": formats.count(row["orders"]), "oldest": formats.count(row["oldest_days"])}
    return t(
        "part_hover", name=name(row), meaning=t(f"part_is_{row['part']}", days=row["silent_days"]), **words
    )
