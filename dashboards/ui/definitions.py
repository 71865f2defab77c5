"""The dictionary: figures with what they are made of, tables with their columns; in the words of the warehouse."""

from itertools import groupby

import streamlit as st

from dashboards.published import Row
from dashboards.ui import address, downloads, formats, opens, periods
from dashboards.ui.i18n import t
from dashboards.ui.page import View

# figures whose orders the Orders page lists
OPENS = {**opens.MISSES, "erp_on_time_rate": "late_erp", "open_overdue": "overdue"}
PLAIN = str.maketrans({sign: f"\\{sign}" for sign in "$*_<>[]`~#"})


def search() -> str:
    """The box to type into; what it holds stands in the address."""
    return address.search("find_word", t("define"), t("define_placeholder"))


def sentence(word: str, found: list[Row], columns: list[Row]) -> str:
    """How much there is to read, or where the word stands."""
    counts = {
        "figures": formats.count(len(found)),
        "tables": formats.count(len({row["table_name"] for row in columns})),
        "columns": formats.count(sum(row["is_said"] for row in columns)),
    }
    if not word:
        return t("define_all", **counts)
    return t("define_found" if found or columns else "define_none", word=word.translate(PLAIN), **counts)


def figures(view: View, rows: list[Row]) -> None:
    """A box a figure: what it is, how it is counted, what it is in the period chosen, and its orders."""
    st.subheader(t("define_figures"), anchor=False)
    st.caption(t("define_figures_caption", period=periods.phrase(view.chosen.period)))
    rates = {row["metric"]: row for row in view.ask("rates")}
    overdue = sum(row["orders"] for row in view.ask("overdue"))
    for row in rows:
        with st.container(border=True, key=f"figure_{row['metric']}"):
            words, value = st.columns([4, 1], gap="medium")
            with words:
                st.markdown(f"**{row['title']}** · {t('better_' + row['direction'])}")
                st.markdown(row["definition"].translate(PLAIN))
                st.caption(_formula(row), help=_made_of(row))
            with value:
                _value(row["metric"], rates.get(row["metric"]), overdue)


def _formula(row: Row) -> str:
    """`signed_on_time_orders ÷ signed_orders`, as the daily counts name them; a count is divided by nothing."""
    parts = [row["numerator"], row["denominator"]] if row["unit"] == "share" else [row["numerator"]]
    return " ÷ ".join(f"`{part}`" for part in parts)


def _made_of(row: Row) -> str | None:
    if row["unit"] != "share":
        return t("define_count", beside=row["denominator"])
    return f"{row['numerator_said']} ÷ {row['denominator_said']}" if row["numerator_said"] else None


def _value(metric: str, rate: Row | None, overdue: int) -> None:
    if metric == "open_overdue":
        said, beside = formats.count(overdue), t("define_orders")
    elif rate is None:
        said, beside = t("no_rate"), t("define_absent")
    else:
        k, n = formats.count(rate["numerator"]), formats.count(rate["denominator"])
        said = t("no_rate") if rate["is_too_few"] else formats.percent(rate["value"])
        beside = t(f"of_{rate['counted']}", k=k, n=n)
    st.markdown(f"**{said}**  \n{beside}")
    if metric in OPENS and (rate is not None or metric == "open_overdue"):
        opens.link(t(f"show_{OPENS[metric]}"), OPENS[metric])


def tables(rows: list[Row], is_open: bool) -> None:
    """A fold a table: its grain in the first words, then a line a column."""
    st.subheader(t("define_tables"), anchor=False)
    st.caption(t("define_tables_caption"))
    downloads.buttons(
        [{name: row[name] for name in ("table_name", "column_name", "data_type", "said")} for row in rows],
        "definitions",
    )
    for name, group in groupby(rows, key=lambda row: row["table_name"]):
        columns = list(group)
        with st.expander(
            f"**{name}** · {(columns[0]['table_said'] or '').translate(PLAIN)}", expanded=is_open
        ):
            st.markdown("\n".join(_line(row) for row in columns))


def _line(row: Row) -> str:
    said = (row["said"] or t("no_rate")).translate(PLAIN)
    return f"- `{row['column_name']}` :gray[{row['data_type'].translate(PLAIN)}] {said}"
