"""The charts of steps and counts: rows in, a figure out. Not here: the trend (trend.py), the strip (strip.py)."""

import math
from itertools import pairwise

import plotly.graph_objects as go

from dashboards.published import Row
from dashboards.ui import formats, opens, stages, theme
from dashboards.ui.i18n import t

LONGEST_LABEL = 30
# the step of the bridge that is the promise kept rate
KEPT = "valid_signature"


def bridge(rows: list[Row], headline: Row) -> go.Figure:
    """Waterfall from the ERP's figure down to the truth: a line a step, points and orders in its label.

    The step that is the promise kept rate is marked; below all, hatched, the headline, which is none of the steps.
    """
    colours = theme.palette()
    rates = [100 * row["rate"] for row in rows]
    start = bridge_start(rows)
    befores = [start, *rates[:-1], start]
    ends = [*rates, rates[-1]]
    steps = [colours.loss if end < before else colours.gain for before, end in pairwise(rates)]
    lines = [
        *(_step(row, row is rows[0]) for row in rows),
        f"<b>{t('bridge_left')}<br>{_total(rows[-1])}</b>",
    ]
    hatched = [""] * len(lines)
    fills = [colours.erp, *steps, colours.ours]
    said = [*(_step_said(row) for row in rows), _step_said(rows[-1])]
    if not headline["is_too_few"] and headline["value"] is not None:
        lines.append(f"{t('bridge_beside')}<br>{_total({**headline, 'rate': headline['value']})}")
        befores.append(start)
        ends.append(100 * headline["value"])
        hatched.append("/")
        fills.append(colours.ours)
        said.append(t("bridge_beside"))
    chart = theme.figure(76 + 52 * len(lines))
    chart.add_bar(
        orientation="h",
        y=lines,
        base=befores,
        x=[end - before for before, end in zip(befores, ends, strict=True)],
        marker={
            "color": fills,
            "pattern": {"shape": hatched, "fillmode": "replace"},
            "line": {
                "color": colours.text,
                "width": [2 if row["step"] == KEPT else 0 for row in rows] + [0] * (len(lines) - len(rows)),
            },
        },
        width=0.56,
        hovertext=said,
        hoverinfo="text",
        customdata=[
            *(opens.target("step", step=row["step"]) for row in rows),
            *[None] * (len(lines) - len(rows)),
        ],
    )
    chart.update_layout(shapes=stairs(rates))
    chart.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 13})
    chart.update_xaxes(title_text=t("bridge_axis"), range=[start, 100.5], nticks=6, tickangle=0)
    return chart


def stairs(levels: list[float]) -> list[dict[str, object]]:
    """Lines from the end of one bar to the start of the next, so that the eye walks down the stairs."""
    line = {"color": theme.palette().muted, "width": 1, "dash": "dot"}
    return [
        {
            "type": "line", "layer": "below", "line": line,
            "x0": level, "x1": level, "y0": bar - 0.28, "y1": bar + 1.28,
        }
        for bar, level in enumerate(levels)
    ]  # fmt: skip


def _n(row: Row, name: str) -> str:
    return formats.count(row[name])


def bridge_start(rows: list[Row]) -> int:
    """Where the bridge's axis starts, in per cent: the ten below its lowest step."""
    return max(0, 10 * math.floor((min(100 * row["rate"] for row in rows) - 2) / 10))


def _step(row: Row, is_first: bool) -> str:
    name = t(f"step_{row['step']}")
    orders = _n(row, "orders")
    if is_first:
        return f"<b>{name}<br>{t('bridge_rate', rate=formats.percent(row['rate']), orders=orders)}</b>"
    if row["step"] == KEPT:
        points = t("bridge_points", points=formats.points(row["points"]), orders=orders)
        rate = t("bridge_kept", rate=formats.percent(row["rate"]))
        return f"{name}<br>{points}<br><b>◆ {rate}</b>"
    return f"{name}<br>{t('bridge_points', points=formats.points(row['points']), orders=orders)}"


def _total(row: Row) -> str:
    return t("bridge_rate", rate=formats.percent(row["rate"]), orders=_n(row, "denominator"))


def _step_said(row: Row) -> str:
    words = {
        "name": t(f"step_{row['step']}"),
        "rate": formats.percent(row["rate"]),
        "n": _n(row, "denominator"),
    }
    if row["complaint_rate"] is None:
        return t("bridge_hover_plain", **words)
    return t("bridge_hover", complaints=formats.percent(row["complaint_rate"]), **words)


def lateness(rows: list[Row]) -> go.Figure:
    """The stage-and-place pairs that own most late time, largest on top."""
    labels = [
        f"{_wrapped(*stages.at(row).split(' · ', 1))}<br>"
        f"<b>{t('act_label', share=formats.share(row['share']), orders=_n(row, 'orders'))}</b>"
        for row in rows
    ]
    chart = _late_hours(rows, labels, [formats.duration(row["minutes"]) for row in rows], 56)
    leads = [opens.target("lost", stage=row["stage"], at=row["place"]) for row in rows]
    chart.update_traces(hovertext=labels, hoverinfo="text", customdata=leads)
    return chart


def _wrapped(*names: str) -> str:
    """Names side by side, one below the other where they would leave a phone no room for the bars."""
    joined = " · ".join(names)
    return joined if len(joined) <= LONGEST_LABEL else "<br>".join(names)


def late_minutes(rows: list[Row]) -> go.Figure:
    """Where one order's lateness went, largest on top."""
    labels = [f"{stages.at(row)}<br><b>{formats.share(row['share'])}</b>" for row in rows]
    return _late_hours(rows, labels, [formats.span(row["minutes"]) for row in rows], 44)


def _late_hours(rows: list[Row], labels: list[str], took: list[str], line: int) -> go.Figure:
    """A bar a row, as long as its late hours; `line`: the height of one."""
    colours = theme.palette()
    chart = theme.figure(70 + line * len(rows))
    chart.add_bar(
        orientation="h",
        y=labels,
        x=[row["minutes"] / 60 for row in rows],
        marker={"color": [colours.loss, *[colours.total] * (len(rows) - 1)]},
        width=0.56,
        text=took,
        textposition="auto",
        hoverinfo="skip",
    )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(title_text=t("act_axis"), nticks=4, tickangle=0, rangemode="tozero")
    return chart


def overdue(rows: list[Row]) -> go.Figure:
    """Open overdue orders by how long they are overdue."""
    colours = theme.palette()
    chart = theme.figure(70 + 40 * len(rows))
    chart.add_bar(
        orientation="h",
        y=[formats.age(row) for row in rows],
        x=[row["orders"] for row in rows],
        marker={"color": colours.total},
        width=0.6,
        text=[formats.count(row["orders"]) for row in rows],
        textposition="outside",
        cliponaxis=False,
        hovertext=[t("overdue_hover", age=formats.age(row), orders=_n(row, "orders")) for row in rows],
        hoverinfo="text",
        customdata=[opens.target("overdue", age=str(row["age"])) if row["orders"] else None for row in rows],
    )
    most = max(row["orders"] for row in rows)
    chart.update_yaxes(autorange="reversed", showgrid=False, title_text=t("overdue_age_axis"))
    chart.update_xaxes(
        title_text=t("overdue_axis"), range=[0, 1.18 * max(most, 1)], nticks=4, tickangle=0, tickformat=",d"
    )
    return chart
