"""The app: language, navigation, the shared bar, the banner; then the page that was asked for.

`make dash` serves it on this machine only. A page has a line in PAGES once it has something to show.
"""

from pathlib import Path

import streamlit as st

from dashboards import published, settings
from dashboards.ui import filters, freshness, page
from dashboards.ui.i18n import language, t

HERE = Path(__file__).parent
# group of readers -> its pages, by the key of their texts; files lie in app_pages/
PAGES = {"executive": ["executive"]}


def main() -> None:
    """Draw one run of the app for one reader."""
    st.set_page_config(page_title=t("title"), page_icon=str(HERE / "ui" / "icon.svg"), layout="wide")
    st.html(HERE / "ui" / "page.css")
    pages = {
        t(f"group_{group}"): [
            st.Page(HERE / "app_pages" / f"{key}.py", title=t(f"page_{key}")) for key in keys
        ]
        for group, keys in PAGES.items()
    }
    asked = st.navigation(pages, position="top" if sum(map(len, pages.values())) > 1 else "hidden")
    found = settings.load()
    try:
        view = page.open_view(found, language())
    except published.NothingPublishedError:
        st.info(t("nothing_published", profile=found.profile), icon=":material/nights_stay:")
        return
    st.caption(freshness.as_of(view.run, found))
    filters.said(view.chosen)
    freshness.banner(view.run, found)
    asked.run()


main()
