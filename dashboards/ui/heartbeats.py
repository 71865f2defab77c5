"""Connections to other systems: when each was last heard of, and which are down or late right now.

Unlike all other figures these are not of the published night: each fetch notes what came of it in a small file.
"""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.published import Row
from dashboards.settings import Settings
from dashboards.ui import formats, tables
from dashboards.ui.i18n import language, t
from dashboards.ui.orders import CLOCK

TALLEST = 420
ORDER = ("down", "late", "well")
SIGNS = {"down": "▲", "late": "△", "well": "✓"}


def read(settings: Settings, zone: str = "Asia/Shanghai") -> list[Row]:
    """A row a connection, those that need somebody first; none where everything comes as files."""
    rows = []
    for path in sorted(settings.heartbeats.glob("*.json")):
        beat = json.loads(path.read_text(encoding="utf-8"))
        for name in ("attempted_at", "succeeded_at", "due_by", "last_event_at"):
            beat[name] = datetime.fromisoformat(beat[name]).astimezone(ZoneInfo(zone)) if beat[name] else None
        is_late = beat["due_by"] is None or datetime.now(UTC) > beat["due_by"]
        beat["health"] = "down" if beat["error"] else "late" if is_late else "well"
        rows.append(beat)
    return sorted(rows, key=lambda row: (ORDER.index(row["health"]), row["name"]))


def show(rows: list[Row]) -> None:
    """A sentence, what is wrong with those that need somebody, and a line a connection."""
    st.subheader(t("beats"), anchor=False)
    ill = [row for row in rows if row["health"] != "well"]
    counts = {"count": formats.count(len(rows)), "ill": formats.count(len(ill))}
    st.markdown(t("beats_ill" if ill else "beats_well", **counts))
    for row in ill:
        colour = "red" if row["health"] == "down" else "orange"
        since = formats.moment(row["succeeded_at"]) if row["succeeded_at"] else t("beats_never")
        badge = f":{colour}-badge[{SIGNS[row['health']]} {t('beats_is_' + row['health'])}]"
        said = f"  \n`{row['error']}`" if row["error"] else ""
        st.markdown(f"{badge} **{row['name']}** · {t('beats_last_success', when=since)}{said}")
    clock = CLOCK[language()]
    columns: dict[str, Any] = {
        "name": st.column_config.TextColumn(t("beats_connection"), pinned=True),
        "state": st.column_config.TextColumn(t("col_state")),
        "succeeded_at": st.column_config.DatetimeColumn(t("beats_succeeded"), format=clock),
        "last_event_at": st.column_config.DatetimeColumn(t("col_last_event"), format=clock),
        "every": st.column_config.TextColumn(t("beats_every")),
        "rows": st.column_config.NumberColumn(t("beats_rows"), format="localized"),
        "seconds": st.column_config.NumberColumn(t("beats_seconds"), format="%.1f"),
        "new_columns": st.column_config.TextColumn(t("beats_new_columns")),
    }
    tables.show([_line(row) for row in rows], columns, "beats", TALLEST)
    st.caption(t("beats_caption"))


def _line(row: Row) -> Row:
    tables = row["tables"].values()
    new = sorted({column for table in tables for column in table["new_columns"]})
    return {
        **row,
        "state": f"{SIGNS[row['health']]} {t('beats_is_' + row['health'])}",
        "every": formats.span(row["every_seconds"] / 60),
        "rows": sum(table["rows"] or 0 for table in tables),
        "new_columns": ", ".join(new),
    }
