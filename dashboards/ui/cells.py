"""Cells of stages and places, in columns and lines: what the strip and the heat map are drawn of."""

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import opens, theme

WITHIN_REACH = 90  # pixels: how far from its middle a cell still answers the mouse; the nearest one does


def draw(
    chart: go.Figure,
    rows: Sequence[Row],
    x: list[int],
    y: list[int],
    written: Callable[[Row], str],
    said: Callable[[Row], str],
    at: Callable[[Row], dict[str, str]] | None = None,
    size: int = 14,
) -> None:
    """A coloured cell a row, with what is written in it, what it says to the mouse, and where
    the orders behind it are, if any are."""
    colours = theme.palette()
    chart.update_layout(
        hoverdistance=WITHIN_REACH,
        shapes=[
            {
                "type": "rect",
                "x0": column - 0.48,
                "x1": column + 0.48,
                "y0": line - 0.46,
                "y1": line + 0.46,
                "line": {"width": 0},
                "fillcolor": colours.status[row["colour"]],
                "layer": "below",
            }
            for column, line, row in zip(x, y, rows, strict=True)
        ],
    )
    chart.add_scatter(
        x=x,
        y=y,
        mode="markers+text",
        # unseen: a chart opens points, not words
        marker={"size": 20, "opacity": 0},
        text=[written(row) for row in rows],
        textfont={"size": size, "color": [colours.on_status[row["colour"]] for row in rows]},
        hovertext=[said(row) for row in rows],
        hoverinfo="text",
        customdata=[opens.target(_list_of(row), **at(row)) for row in rows] if at else None,
        showlegend=False,
    )


def _list_of(row: Row) -> str:
    """The list behind a cell: those that ended there; where nothing did, those that are stuck."""
    return "stage" if row["suborders"] else "stuck"
