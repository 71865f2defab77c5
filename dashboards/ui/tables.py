"""A table of rows: the columns that are named, as tall as its rows up to a limit, then it scrolls."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.published import Row

HEAD, LINE = 38, 35  # pixels


def show(
    rows: Sequence[Row],
    columns: Mapping[str, Any],
    place: str,
    tallest: int = 520,
    nothing: str = "",
    **options: Any,
) -> Any:
    """Draw the rows; `nothing` stands where a value is not known. What is picked, where `options` let it be."""
    with st.container(key=place):
        return st.dataframe(
            [{name: row[name] for name in columns} for row in rows],
            column_config=dict(columns),
            hide_index=True,
            height=min(tallest, HEAD + LINE * max(len(rows), 1)),
            placeholder=nothing,
            **options,
        )
