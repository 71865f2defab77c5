"""The blocks of the scorecards: the sentence, the differences on shared lanes, the table; carriers, then places."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import downloads, formats, opens, periods, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

SIDES = ("carrier", "place")
WORST, BEST = 8, 4
SIGNS = {"worse": "▲", "better": "✓", "chance": "○", "few": "–"}
WORDS = {
    "worse": "score_worse",
    "better": "score_better",
    "chance": "score_chance",
    "few": "score_few_word",
}
# before the name of whom a filter names
MARK = "►"
MARKS = {"worse": "triangle-up", "better": "diamond", "chance": "circle-open"}


def sentence(view: View, rows: Mapping[str, list[Row]]) -> str:
    """Markdown: the carrier furthest behind, the one whose plain rate misleads, the place furthest behind."""
    said = [part for by in SIDES for part in _said(by, rows[by])]
    said = [part for by in SIDES for part in _marked(by, rows[by])] + said
    period = periods.phrase(view.chosen.period)
    if not said:
        nothing = not any(row["all_orders"] for by in SIDES for row in rows[by])
        return t("score_unsigned" if nothing else "score_nothing", period=period)
    return t("gap_between").join([t("score_lead", period=period), *said])


def _said(by: str, rows: list[Row]) -> list[str]:
    judged = _judged(rows)
    if not judged:
        return []
    worst = judged[0]
    if worst["standing"] == "worse":
        parts = [t("score_worst" if by == SIDES[0] else "score_worst_place", **_words(worst))]
    else:
        parts = [t(f"score_level_{by}")]
    # from the best: who is thought bad and is not has nobody else to say so
    misled = next((row for row in reversed(judged) if _misleads(row)), None)
    return parts if misled is None else [*parts, t(f"score_misled_{misled['standing']}", **_words(misled))]


def _marked(by: str, rows: list[Row]) -> list[str]:
    """Where those stand whom a filter names, among all that can be compared."""
    judged = _judged(rows)
    return [
        t(
            f"score_marked_{by}",
            turn=turn,
            of=len(judged),
            said=t(WORDS[row["standing"]]),
            gap=formats.points(100 * row["gap"]),
            **{name: value for name, value in _words(row).items() if name in ("name", "n")},
        )
        for turn, row in enumerate(judged, 1)
        if row["is_marked"]
    ]


def _misleads(row: Row) -> bool:
    """Its plain rate is on one side of all orders', its work on the other, and its lanes are why."""
    if row["raw"] is None or row["standing"] == "chance":
        return False
    if row["standing"] == "better":
        return row["raw"] < row["overall"] and row["expected"] < row["overall"]
    return row["raw"] > row["overall"] and row["expected"] > row["overall"]


def _words(row: Row) -> dict[str, str]:
    return {
        "name": row["name"],
        "points": f"{abs(100 * row['gap']):.1f}",
        "n": formats.count(row["orders"]),
        "raw": formats.share(row["raw"]) if row["raw"] is not None else t("no_rate"),
    }


def _judged(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["gap"] is not None]


def how(view: View) -> None:
    """What is compared with what."""
    st.caption(t("score_how", minimum=view.run["minimum_sample"]))


def picture(by: str, rows: list[Row]) -> None:
    """The differences with their intervals, or why there are none; the way to the worst one's late orders."""
    st.subheader(t(f"score_title_{by}"), anchor=False)
    judged = _judged(rows)
    if not judged:
        st.info(_why_not(by, rows), icon=":material/info:")
        return
    shown = [
        row
        for turn, row in enumerate(judged)
        if turn < WORST or turn >= len(judged) - BEST or row["is_marked"]
    ]
    few = [row["name"] for row in rows if row["gap"] is None]
    parts = [t("score_ends", worst=WORST, best=BEST)] if len(shown) < len(judged) else []
    if few:
        parts.append(t("score_few", names=t("joined").join(few)))
    if parts:
        st.caption(t("gap_between").join(parts))
    opens.chart(dots(by, shown), f"chart_scorecards_{by}", t(f"score_title_{by}"))
    for row in [row for row in judged if row["is_marked"]] or judged[:1]:
        opens.link(t("score_open", name=row["name"]), "late", **{by: row["code"]})


def _why_not(by: str, rows: list[Row]) -> str:
    if not rows:
        return t("score_none")
    if rows[0]["compared"] == 1:
        return t(f"score_alone_{by}", name=rows[0]["name"], n=formats.count(rows[0]["all_orders"]))
    if not any(row["orders"] for row in rows):
        return t(f"score_apart_{by}")
    return t("score_too_few", n=formats.count(max(row["orders"] for row in rows)))


def dots(by: str, rows: list[Row]) -> go.Figure:
    """A dot and its interval each, the others on the same lanes at zero; colour, mark and sign say which side."""
    colours = theme.palette()
    fills = {"worse": colours.loss, "better": colours.gain, "chance": colours.total}
    chart = theme.figure(110 + 50 * len(rows))
    labels = [
        f"{_name(row)}<br><b>{SIGNS[row['standing']]} {formats.points(100 * row['gap'])}</b>"
        f" · {formats.count(row['orders'])}"
        for row in rows
    ]
    for kind, symbol in MARKS.items():
        picked = [(label, row) for label, row in zip(labels, rows, strict=True) if row["standing"] == kind]
        if not picked:
            continue
        chart.add_scatter(
            x=[100 * row["gap"] for _, row in picked],
            y=[label for label, _ in picked],
            mode="markers",
            name=f"{SIGNS[kind]} {t(WORDS[kind])}",
            showlegend=True,
            marker={"color": fills[kind], "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "array": [100 * (row["ci_high"] - row["gap"]) for _, row in picked],
                "color": fills[kind],
                "thickness": 1.5,
                "width": 4,
            },
            customdata=[opens.target("late", **{by: row["code"]}) for _, row in picked],
            text=[_hover(row) for _, row in picked],
            hoverinfo="text",
        )
    chart.add_vline(x=0, line={"color": colours.muted, "width": 1, "dash": "dash"})
    chart.update_yaxes(categoryorder="array", categoryarray=labels, autorange="reversed", showgrid=False)
    chart.update_xaxes(title_text=t("score_axis"), nticks=5, tickangle=0)
    return chart


def _name(row: Row) -> str:
    """Its name, marked where a filter names it."""
    return f"{MARK} <b>{row['name']}</b>" if row["is_marked"] else str(row["name"])


def _hover(row: Row) -> str:
    return t(
        "score_hover",
        name=row["name"],
        value=formats.percent(row["value"]),
        expected=formats.percent(row["expected"]),
        gap=formats.points(100 * row["gap"]),
        low=formats.points(100 * row["ci_low"]),
        high=formats.points(100 * row["ci_high"]),
        n=formats.count(row["orders"]),
        word=t(WORDS[row["standing"]]),
    )


def table(by: str, rows: list[Row]) -> None:
    """Every carrier or place with the figures behind its dot; and the rows to take away."""
    st.subheader(t(f"score_all_{by}"), anchor=False)
    if not rows:
        st.info(t("score_none"), icon=":material/info:")
        return
    rate = "%.1f %%"
    columns: dict[str, Any] = {
        "name": st.column_config.TextColumn(t(f"filter_{by}"), pinned=True, width="medium"),
        "said": st.column_config.TextColumn(t("col_score_said"), width="medium"),
        "gap": st.column_config.NumberColumn(t("col_score_gap"), format="%+.1f"),
        "ci_low": st.column_config.NumberColumn(t("col_score_low"), format="%+.1f"),
        "ci_high": st.column_config.NumberColumn(t("col_score_high"), format="%+.1f"),
        "value": st.column_config.NumberColumn(t("col_score_value"), format=rate),
        "expected": st.column_config.NumberColumn(t("col_score_expected"), format=rate),
        "orders": st.column_config.NumberColumn(t("col_score_orders")),
        "comparable": st.column_config.NumberColumn(t("col_score_comparable"), format=rate),
        "raw": st.column_config.NumberColumn(t("col_score_raw"), format=rate),
        "all_orders": st.column_config.NumberColumn(t("col_score_all_orders")),
    }
    parts = ("gap", "ci_low", "ci_high", "value", "expected", "comparable", "raw")
    listed = [
        {
            **row,
            "name": f"{MARK} {row['name']}" if row["is_marked"] else row["name"],
            **{name: None if row[name] is None else formats.or_zero(100 * row[name]) for name in parts},
            "said": f"{SIGNS[row['standing']]} {t(WORDS[row['standing']])}",
        }
        for row in rows
    ]
    st.dataframe(
        [{name: row[name] for name in columns} for row in listed],
        column_config=columns,
        hide_index=True,
        height=min(520, 38 + 35 * len(listed)),
        placeholder=t("no_rate"),
    )
    downloads.buttons(rows, f"scorecards_{by}")
