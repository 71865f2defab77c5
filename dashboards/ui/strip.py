"""The strip of stages and places in green, yellow, red and grey: a matrix, or on a phone a list."""

import textwrap

import plotly.graph_objects as go
import streamlit as st

from dashboards.published import Row
from dashboards.ui import cells, formats, opens, stages, theme
from dashboards.ui.i18n import t
from dashboards.ui.page import View

ORDER = ("red", "yellow", "green", "grey")
GROUPS = ("office", "place", "carrier", "supplier")
ACT_ON = ("red", "yellow")
ONE_LINE_COLUMNS = 4
SHOWN_LINES = 12
SHOWN_LINKS = 5
SIGNAL = "◆"
# signal or noise: by day over a month for a period of up to a week, else by week, which evens the weekdays out
LONGEST_BY_DAY, LOOK_BACK_DAYS, LOOK_BACK_WEEKS = 7, 30, 13


def show(view: View) -> None:
    """Stages and places in colours: a matrix where there is room, a list on a phone."""
    st.subheader(t("strip_title"), anchor=False)
    run = view.run
    rows = with_signals(view, view.ask("stages"))
    if not rows:
        st.caption(t("strip_none"))
        return
    limits = {"yellow": run["yellow_from"], "red": run["red_above"], "minimum": run["minimum_sample"]}
    st.markdown(" ".join(legend(rows, limits)), help=_signal_help(run))
    st.caption(t("strip_from_data" if run["standards_from"] == "data" else "strip_caption"))
    loud, rare = judged(rows)
    with st.container(key="strip_matrix"):
        found = groups(loud)
        # carriers and suppliers have few stages each: side by side
        narrow = [group for group in ("carrier", "supplier") if group in found]
        for group in (group for group in found if group not in narrow):
            _matrix(group, found[group])
        for column, group in zip(st.columns([3, 2][: len(narrow)]) if narrow else [], narrow, strict=True):
            with column:
                _matrix(group, found[group])
        _links(loud)
    with st.container(key="strip_list"):
        badges(loud)
    if rare:
        names = ", ".join(dict.fromkeys(stages.name(row["stage"]) for row in rare))
        orders = formats.count(sum(row["suborders"] for row in rare))
        st.caption(t("strip_rare", orders=orders), help=names)


def with_signals(view: View, rows: list[Row]) -> list[Row]:
    """The cells, each with whether its latest spans are signal or noise; None where that cannot be told."""
    period = view.chosen.period
    days = (period.last - period.first).days + 1
    there_are = (period.last - view.run["first_day"]).days + 1
    span, back = (1, LOOK_BACK_DAYS) if days <= LONGEST_BY_DAY else (7, LOOK_BACK_WEEKS)
    back = min(back, there_are // span)
    found = view.ask("stage_signals", span_days=span, look_back_days=span * back, period_days=days)
    signals = {(row["stage"], row["place"]): row for row in found}
    return [
        {**row, "signal": None if row["colour"] == "grey" else signals.get((row["stage"], row["place"]))}
        for row in rows
    ]


def _matrix(group: str, rows: list[Row]) -> None:
    opens.chart(matrix(rows), f"chart_strip_{group}", t(f"strip_{group}"))


def _links(rows: list[Row]) -> None:
    """What a keyboard opens: the slowest cells, and where most is stuck."""
    slow = sorted((row for row in rows if row["colour"] in ACT_ON), key=lambda row: -row["minutes_over"])[
        :SHOWN_LINKS
    ]
    stuck = sorted((row for row in rows if row["open_overdue"]), key=lambda row: -row["open_overdue"])
    if not slow and not stuck:
        return
    with st.expander(t("open_lists"), key="open_cells"):
        for row in slow:
            label = t(
                "open_slow", name=f"{stages.name(row['stage'])} · {_name(row)}", deviation=_deviation(row)
            )
            opens.link(label, "stage", **_at(row))
        for row in stuck[:SHOWN_LINKS]:
            orders = formats.count(row["open_overdue"])
            label = t("open_stuck", name=f"{stages.name(row['stage'])} · {_name(row)}", orders=orders)
            opens.link(label, "stuck", **_at(row))


def groups(rows: list[Row]) -> dict[str, list[Row]]:
    """The cells by who holds the order in that stage; a group without a cell is not there."""
    found = {group: [row for row in rows if row["part"] == group] for group in GROUPS}
    return {group: those for group, those in found.items() if those}


def judged(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The cells of stages that say something somewhere, and of those that are too rare to."""
    loud = {row["stage"] for row in rows if row["colour"] != "grey" or row["open_overdue"]}
    return [row for row in rows if row["stage"] in loud], [row for row in rows if row["stage"] not in loud]


def legend(rows: list[Row], limits: dict[str, object]) -> list[str]:
    """What each mark means and how many cells have it, as badges in markdown."""
    signals = sum(_is_signal(row) for row in rows)
    return [*colour_legend(rows, limits), f":gray-badge[{SIGNAL} {t('legend_signal', count=signals)}]"]


def colour_legend(rows: list[Row], limits: dict[str, object]) -> list[str]:
    """What each colour means and how many cells have it."""
    counts = {colour: sum(row["colour"] == colour for row in rows) for colour in ORDER}
    return [
        f":{theme.BADGES[colour]}-badge[{theme.SIGNS[colour]} {t(f'legend_{colour}', count=count, **limits)}]"
        for colour, count in counts.items()
    ]


def _signal_help(run: Row) -> str:
    spans = {"longest": LONGEST_BY_DAY, "days": LOOK_BACK_DAYS, "weeks": LOOK_BACK_WEEKS}
    return t("signal_help", n=run["xmr_run_length"], **spans)


def _is_signal(row: Row) -> bool:
    return bool(row.get("signal") and row["signal"]["is_signal"])


def _signal(row: Row) -> str:
    """Signal or noise, in words; nothing where there are too few spans to tell."""
    signal = row.get("signal")
    if signal is None:
        return ""
    if not signal["is_signal"]:
        return t("strip_noise")
    first, last = formats.short_day(signal["first_day"]), formats.short_day(signal["last_day"])
    when = first if first == last else t("xmr_span", first=first, last=last)
    return f"{SIGNAL} {t('strip_slower' if signal['side'] > 0 else 'strip_faster', when=when)}"


def _deviation(row: Row) -> str:
    return formats.percent(row["deviation"], signed=True) if row["colour"] != "grey" else ""


def _count(row: Row) -> str:
    said = formats.count(row["suborders"])
    return (
        f"{said} · {t('strip_open', open=formats.count(row['open_overdue']))}"
        if row["open_overdue"]
        else said
    )


def _name(row: Row) -> str:
    return row["name"] or row["place"]


def _at(row: Row) -> dict[str, str]:
    """What the list behind a cell is narrowed to."""
    return {"stage": row["stage"], "at": row["place"]}


def matrix(rows: list[Row]) -> go.Figure:
    """Places down, stages across as an order passes them; colour, sign, deviation, sub-orders, stuck ones."""
    columns = list(dict.fromkeys(row["stage"] for row in rows))
    places = list(dict.fromkeys(_name(row) for row in sorted(rows, key=lambda row: row["place"])))
    is_wide = len(columns) <= ONE_LINE_COLUMNS
    chart = theme.figure(96 + (34 if is_wide else 48) * len(places))
    x = [columns.index(row["stage"]) for row in rows]
    y = [places.index(_name(row)) for row in rows]

    def written(row: Row) -> str:
        signal = f" {SIGNAL}" if _is_signal(row) else ""
        return (
            f"<b>{theme.SIGNS[row['colour']]} {_deviation(row)}{signal}</b>"
            f"{'   ' if is_wide else '<br>'}"
            f"<span style='font-size:11px'>{_count(row)}</span>"
        )

    cells.draw(chart, rows, x, y, written, said, _at)
    heads = ["<br>".join(textwrap.wrap(stages.name(stage), 14)) for stage in columns]
    chart.update_xaxes(
        side="top", tickvals=list(range(len(columns))), ticktext=heads, range=[-0.5, len(columns) - 0.5],
        showgrid=False, tickangle=0,
    )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(places))), ticktext=places, range=[len(places) - 0.5, -0.5], showgrid=False
    )
    return chart


def said(row: Row) -> str:
    """A cell in words."""
    words = t(
        "strip_hover",
        stage=stages.name(row["stage"]),
        name=_name(row),
        deviation=f"{theme.SIGNS[row['colour']]} {_deviation(row)}",
        colour=t(f"colour_{row['colour']}"),
        suborders=formats.count(row["suborders"]),
        open=formats.count(row["open_overdue"]),
    )
    signal = _signal(row)
    return f"{words}<br>{signal}" if signal else words


def badges(rows: list[Row]) -> None:
    """The same cells as lines of a list, the ones to act on first; the quiet ones are counted."""
    listed = sorted(
        (row for row in rows if row["colour"] in ACT_ON or (row["colour"] == "grey" and row["open_overdue"])),
        key=lambda row: (ORDER.index(row["colour"]), -(row["deviation"] or 0), -row["open_overdue"]),
    )
    for row in listed[:SHOWN_LINES]:
        st.markdown(_line(row))
    if len(listed) > SHOWN_LINES:
        with st.expander(t("strip_more", count=len(listed) - SHOWN_LINES)):
            for row in listed[SHOWN_LINES:]:
                st.markdown(_line(row))
    for colour in ("grey", "green"):
        quiet = [row for row in rows if row["colour"] == colour and row not in listed]
        if quiet:
            said = f"{theme.SIGNS[colour]} {t(f'strip_{colour}_rest', count=len(quiet))}"
            stuck = sum(row["open_overdue"] for row in quiet)
            beside = f" · {t('strip_open', open=formats.count(stuck))}" if stuck else ""
            signals = sum(_is_signal(row) for row in quiet)
            beside += f" · {SIGNAL} {t('strip_signals', count=formats.count(signals))}" if signals else ""
            st.markdown(f":{theme.BADGES[colour]}-badge[{said}]{beside}")


def _line(row: Row) -> str:
    said = f"{theme.SIGNS[row['colour']]} {_deviation(row) or t('colour_grey')}"
    badge = f":{theme.BADGES[row['colour']]}-badge[{said}]"
    parts = [f"{badge} **{stages.name(row['stage'])}**", _name(row)]
    parts += (
        [f"[{formats.count(row['suborders'])}]({opens.href('stage', **_at(row))})"]
        if row["suborders"]
        else ["0"]
    )
    if row["open_overdue"]:
        stuck = t("strip_open", open=formats.count(row["open_overdue"]))
        parts.append(f"[{stuck}]({opens.href('stuck', **_at(row))})")
    return " · ".join([*parts, *([signal] if (signal := _signal(row)) else [])])
