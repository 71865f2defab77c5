"""What the tests of pages read: the words a page shows, and a row of the published file."""

from pathlib import Path

import duckdb
from streamlit.testing.v1 import AppTest


def words(app: AppTest) -> str:
    """What a page says, a line an element."""
    said = [*app.header, *app.subheader, *app.caption, *app.markdown, *app.code]
    shown = [*said, *app.info, *app.warning, *app.error]
    return "\n".join(str(element.value) for element in shown).replace("\u00a0", " ")


def one(published: Path, query: str) -> tuple:
    """The one row a query finds."""
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None
    return found
