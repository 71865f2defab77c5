"""The charts of data health: rows in, a figure out."""

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import formats, theme
from dashboards.ui.i18n import t


def runs(rows: list[Row]) -> go.Figure:
    """Of each run two bars' worth in one frame: what was accepted above, what was not below, each on its own scale."""
    colours = theme.palette()
    chart = theme.figure(380)
    runs = [f"#{row['run_number']}" for row in rows]
    parts = (
        ("accepted", "y2", colours.ours, ""),
        ("duplicate", "y", colours.total, "/"),
        ("quarantined", "y", colours.loss, ""),
    )
    for part, axis, colour, shape in parts:
        chart.add_bar(
            x=runs,
            y=[row[f"rows_{part}"] for row in rows],
            yaxis=axis,
            name=t(f"col_{part}"),
            marker={"color": colour, "pattern": {"shape": shape}},
            hovertext=[
                t(
                    "health_hover",
                    run=row["run_number"],
                    when=formats.day(row["as_of"]) if row["as_of"] else t("no_rate"),
                    rows=formats.count(row[f"rows_{part}"]),
                    what=t(f"col_{part}"),
                )
                for row in rows
            ],
            hoverinfo="text",
            width=0.6 if len(rows) > 2 else 0.25,
        )
    theme.split(chart, t("health_rows_axis"), t("health_not_used_axis"))
    chart.update_layout(barmode="stack")
    chart.update_yaxes(rangemode="tozero", nticks=4)
    chart.update_xaxes(
        title_text=t("health_run_axis"), type="category", showgrid=False, nticks=8, tickangle=0
    )
    return chart


def kinds(rows: dict[str, int]) -> go.Figure:
    """Rows in quarantine by kind of mistake, most on top."""
    colours = theme.palette()
    listed = sorted(((kind, count) for kind, count in rows.items() if count), key=lambda item: -item[1])
    chart = theme.figure(80 + 46 * len(listed))
    chart.add_bar(
        orientation="h",
        y=[t(f"kind_{kind}") for kind, _ in listed],
        x=[count for _, count in listed],
        marker={"color": [colours.loss, *[colours.total] * (len(listed) - 1)]},
        width=0.6,
        text=[formats.count(count) for _, count in listed],
        customdata=[kind for kind, _ in listed],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    most = max(count for _, count in listed)
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(
        title_text=t("health_quarantined_axis"),
        range=[0, 1.25 * most],
        nticks=4,
        tickangle=0,
        tickformat=",d",
    )
    return chart
