"""One look for all charts, in light and dark. Colours are safe for the colour-blind and never stand alone."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

# one button, to save the chart as a picture: what else the bar offers, a reader of these pages does not need
BUTTONS = [["toImage"]]
CONFIG = {"displayModeBar": "hover", "modeBarButtons": BUTTONS, "displaylogo": False, "scrollZoom": False}
FONT = "Source Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"


@dataclass(frozen=True)
class Palette:
    """Colours of one mode. `status` and `on_status`: fill and writing by green, yellow, red, grey."""

    text: str
    muted: str
    grid: str
    ours: str
    ours_band: str
    erp: str
    loss: str
    gain: str
    total: str
    other: str
    status: dict[str, str]
    on_status: dict[str, str]

    @property
    def series(self) -> tuple[str, ...]:
        """For values that a reader chose, of which we do not know what they mean: never more than these."""
        return self.ours, self.erp, self.gain, self.other, self.loss, self.total

    def moved(self, by: float, direction: str) -> str:
        """A rate's move: better or worse by its direction in the catalogue; neither without one, or near an aim."""
        if not by or direction == "near":
            return self.total
        return self.gain if (by > 0) == (direction == "up") else self.loss


LIGHT = Palette(
    text="#1F2933",
    muted="#5B6670",
    grid="#E6EAED",
    ours="#0068A5",
    ours_band="rgba(0, 104, 165, 0.14)",
    erp="#B45F06",
    loss="#C0411B",
    gain="#0B7A5B",
    total="#44525F",
    other="#7A4FA3",
    status={"green": "#DDF1E9", "yellow": "#F6C851", "red": "#C0411B", "grey": "#ECEFF1"},
    on_status={"green": "#0B4F3C", "yellow": "#3D2B00", "red": "#FFFFFF", "grey": "#55606A"},
)
DARK = Palette(
    text="#E8ECEF",
    muted="#A5AFB8",
    grid="#2B3238",
    ours="#62B5EB",
    ours_band="rgba(98, 181, 235, 0.20)",
    erp="#F2A65A",
    loss="#F58B68",
    gain="#6FD0AE",
    total="#AAB5BF",
    other="#C3A1F0",
    status={"green": "#163A30", "yellow": "#D9A82F", "red": "#E0633B", "grey": "#262C31"},
    on_status={"green": "#A5E5CF", "yellow": "#201600", "red": "#1A0700", "grey": "#A5AFB8"},
)
SIGNS = {"green": "✓", "yellow": "△", "red": "▲", "grey": "○"}
BADGES = {"green": "green", "yellow": "yellow", "red": "red", "grey": "gray"}


def palette() -> Palette:
    """The colours of the mode the reader is in."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def figure(height: int) -> go.Figure:
    """An empty figure in the one theme: no frame, quiet grid, no zooming by accident on a phone."""
    colours = palette()
    axis = {
        "automargin": True,
        "ticklen": 6,
        "tickcolor": "rgba(0,0,0,0)",
        "fixedrange": True,
        "gridcolor": colours.grid,
        "zeroline": False,
        "title": {"font": {"size": 13, "color": colours.muted}, "standoff": 8},
        "tickfont": {"size": 13, "color": colours.text},
    }
    return go.Figure(
        layout={
            "height": height,
            "dragmode": False,
            "font": {"family": FONT, "size": 14, "color": colours.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hoverlabel": {"font": {"family": FONT, "size": 13}, "align": "left"},
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def split(chart: go.Figure, upper: str, lower: str) -> None:
    """Two panels over one horizontal axis, each with its own scale: above `y2`, below `y`; both with their title."""
    axis = chart.layout.yaxis.to_plotly_json()
    for name, domain, title in (("yaxis", [0, 0.36], lower), ("yaxis2", [0.46, 1], upper)):
        chart.update_layout({name: {**axis, "domain": domain, "title": {**axis["title"], "text": title}}})
    chart.update_layout(yaxis2={"anchor": "x"})


def show(chart: go.Figure, key: str, alt: str, is_open: bool = False) -> list[dict[str, Any]]:
    """Put a chart on the page; `alt` says in words what it shows. With `is_open`: the points just clicked."""
    config = {
        **CONFIG,
        "toImageButtonOptions": {"filename": f"true-on-time_{key.removeprefix('chart_')}", "scale": 2},
    }
    if not is_open:
        st.plotly_chart(chart, key=key, config=config, theme=None, alt=alt)
        return []
    event = st.plotly_chart(
        chart, key=key, config=config, theme=None, alt=alt, on_select="rerun", selection_mode="points"
    )
    return event["selection"]["points"]
