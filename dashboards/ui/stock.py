"""The stock page's blocks. Each renews itself every few seconds, and nothing else with it. Its words: stock_said.py."""

import textwrap
from collections.abc import Callable
from functools import wraps
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboards import published
from dashboards.published import Row
from dashboards.ui import address, cells, formats, stock_said, tables, theme
from dashboards.ui.i18n import language, t
from dashboards.ui.orders import CLOCK
from dashboards.ui.page import View

EVERY = 3  # seconds
MOST_SHORT = 200
SHORT_ON_A_PHONE = 6
PRODUCTS, PRODUCTS_IN_PICTURE = 50, 12
DOWNLOADED = 100_000
TALLEST = 420
LINE = 34  # pixels
# letters of a line: of a product on the left, of a place above
LABEL = {"en": (30, 11), "zh": (24, 6)}
STATES = ("oversold", "bare", "free", "unknown", "old")
COLOURS = {"oversold": "red", "bare": "yellow", "free": "green", "unknown": "grey", "old": "grey"}

Block = Callable[..., None]


def renewed(block: Block) -> Block:
    """A block that renews itself; it stays empty while there is no file that can be read: `now` says so."""

    @wraps(block)
    def drawn(*given: Any) -> None:
        try:
            block(*given)
        except published.NothingPublishedError:
            st.empty()

    return st.fragment(drawn, run_every=EVERY)


def is_there(view: View) -> bool:
    """Whether there is a live file that can be read."""
    try:
        return bool(view.ask_live("stock_now"))
    except published.NothingPublishedError:
        return False


@st.fragment(run_every=EVERY)
def now(view: View, was_there: bool) -> None:
    """What can be promised from where, in a sentence and a table; or that nothing can be said right now.

    Once a file is there that was not when the page was drawn, the rest of the page is drawn too.
    """
    if not was_there and is_there(view):
        st.rerun()
    try:
        whole, sources = view.ask_live("stock_now")[0], view.ask_live("stock_sources")
        short = view.ask_live("stock_short", most=MOST_SHORT)
    except published.OutdatedError:
        st.info(t("stock_unreadable"), icon=":material/hourglass_empty:")
        return
    except published.NothingPublishedError:
        st.info(t("stock_gone"), icon=":material/cloud_off:")
        return
    st.header(stock_said.sentence(whole, sources, view.run["old_after_seconds"]), anchor=False)
    if whole["has_stopped"]:
        st.warning(stock_said.stopped(whole), icon=":material/pause_circle:")
    with st.container(border=True, key="stock_act"):
        act_on(short)


def act_on(short: list[Row]) -> None:
    """Products that a place lacks and another has free: a list on a phone, a table where there is room."""
    st.subheader(t("stock_act"), anchor=False)
    if not short:
        st.caption(t("stock_act_none"))
        return
    total = short[0]["rows"]
    key = "stock_act_caption" if total == len(short) else "stock_act_caption_first"
    st.caption(t(key, rows=formats.count(total), shown=formats.count(len(short))))
    with st.container(key="stock_list"):
        for row in short[:SHORT_ON_A_PHONE]:
            st.markdown(stock_said.line(row))
    columns: dict[str, Any] = {
        "sku": st.column_config.TextColumn(t("stock_sku"), pinned=True),
        "product": st.column_config.TextColumn(t("stock_product")),
        "place_name": st.column_config.TextColumn(t("stock_short_at")),
        "short": st.column_config.NumberColumn(t("stock_short"), format="localized"),
        "in_transfer": st.column_config.NumberColumn(t("stock_on_way"), format="localized"),
        "free": st.column_config.NumberColumn(t("stock_free"), format="localized"),
        "free_at": st.column_config.TextColumn(t("stock_free_at"), width="large"),
        "states": chips(),
        "age": st.column_config.TextColumn(t("stock_age")),
    }
    rows = [
        {**row, "states": stock_said.states("oversold" if row["short"] else "bare", row["is_old"])}
        for row in short
    ]
    tables.show(
        [{**row, "age": formats.ago(row["age_seconds"])} for row in rows], columns, "stock_short", 320
    )


def chips() -> Any:
    """A column of signs with words, each in its colour; the light ones, on which the table writes dark enough."""
    return st.column_config.MultiselectColumn(
        t("col_state"),
        options=[stock_said.state(name) for name in STATES],
        color=[theme.LIGHT.status[COLOURS[name]] for name in STATES],
    )


def search() -> str:
    """The box to type a product into, and what the address asks for."""
    st.subheader(t("stock_view"), anchor=False)
    return address.search("sku", t("stock_search"), t("stock_search_placeholder"))


def everything(view: View, word: str) -> list[Row]:
    """All figures of the products looked for, to take away."""
    try:
        return view.ask_live("stock_figures", word=word, most=DOWNLOADED)
    except published.NothingPublishedError:
        return []


@renewed
def figures(view: View, word: str) -> None:
    """Products by places: a picture of the first few where there is room, and each figure in a table."""
    rows = view.ask_live("stock_figures", word=word, most=PRODUCTS)
    if not rows:
        st.caption(t("stock_none_such" if word else "stock_nothing_here"))
        return
    products, shown = rows[0]["products"], rows[-1]["turn"]
    key = "stock_caption" if shown == products else "stock_caption_first"
    st.caption(t(key, products=formats.count(products), shown=formats.count(shown)))
    with st.container(key="stock_matrix"):
        st.markdown(stock_said.legend(view.run["old_after_seconds"]))
        drawn = [row for row in rows if row["turn"] <= PRODUCTS_IN_PICTURE]
        theme.show(matrix(drawn), "chart_stock", t("stock_view"))
        if shown > PRODUCTS_IN_PICTURE:
            st.caption(t("stock_picture_first", shown=PRODUCTS_IN_PICTURE))
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "sku": st.column_config.TextColumn(t("stock_sku"), pinned=True),
        "product": st.column_config.TextColumn(t("stock_product")),
        "place_name": st.column_config.TextColumn(t("filter_place")),
        "available": number(t("stock_available"), format="localized"),
        "on_hand": number(t("stock_on_hand"), format="localized"),
        "locked": number(t("stock_locked"), format="localized"),
        "in_transfer": number(t("stock_in_transfer"), format="localized"),
        "states": chips(),
        "age": st.column_config.TextColumn(t("stock_age")),
        "changed_at": st.column_config.DatetimeColumn(t("stock_changed"), format=CLOCK[language()]),
    }
    listed = [
        {
            **row,
            "states": stock_said.states(row["state"], row["is_old"]),
            "age": formats.ago(row["age_seconds"]),
        }
        for row in rows
    ]
    tables.show(listed, columns, "stock_figures", TALLEST)


def matrix(rows: list[Row]) -> go.Figure:
    """A line a product, a column a place; what is available, its colour and sign."""
    across, above = LABEL[language()]
    products = {row["sku"]: row["product"] for row in rows}
    skus, places = list(products), sorted({(row["place"], row["place_name"]) for row in rows})
    codes = [place for place, _ in places]
    heads = ["<br>".join(textwrap.wrap(name, above)) for _, name in places]
    lines = [_cut(f"{sku} · {name}" if name else sku, across) for sku, name in products.items()]
    chart = theme.figure(110 + LINE * len(skus))
    coloured = [{**row, "colour": COLOURS["old" if row["is_old"] else row["state"]]} for row in rows]
    x = [codes.index(row["place"]) for row in rows]
    y = [skus.index(row["sku"]) for row in rows]
    cells.draw(chart, coloured, x, y, stock_said.cell, stock_said.hover)
    chart.update_xaxes(
        side="top", title_text=t("stock_axis"), tickvals=list(range(len(codes))), ticktext=heads,
        range=[-0.5, len(codes) - 0.5], showgrid=False, tickangle=0,
    )  # fmt: skip
    chart.update_yaxes(
        tickvals=list(range(len(skus))), ticktext=lines, range=[len(skus) - 0.5, -0.5], showgrid=False
    )
    return chart


def _cut(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


@renewed
def sources(view: View) -> None:
    """The sources with their ages, folded away while all of them answer."""
    rows = view.ask_live("stock_sources")
    ill = any(row["state"] != "well" for row in rows)
    columns: dict[str, Any] = {
        "connection": st.column_config.TextColumn(t("stock_source"), pinned=True),
        "serves": st.column_config.TextColumn(t("stock_serves")),
        "state": st.column_config.TextColumn(t("col_state")),
        "age": st.column_config.TextColumn(t("stock_age")),
        "answered_at": st.column_config.DatetimeColumn(
            t("stock_answered"), format=stock_said.CLOCK[language()]
        ),
        "seconds": st.column_config.NumberColumn(t("stock_took"), format="%.1f"),
        "rows": st.column_config.NumberColumn(t("stock_rows"), format="localized"),
        "error": st.column_config.TextColumn(t("stock_error"), width="large"),
    }
    with st.expander(t("stock_sources", count=len(rows)), expanded=ill, key="stock_sources"):
        tables.show([stock_said.source(row) for row in rows], columns, "stock_sources_table", TALLEST)
