"""The app: who may enter, language, navigation, the shared bar, the banner; then the page that was asked for.

`make dash` serves it on this machine only, docs/serving.md says how to serve it to colleagues. Which pages there
are: ui/navigation.py.
"""

from pathlib import Path

import streamlit as st

from dashboards import access, ahead

HERE = Path(__file__).parent


def main() -> None:
    """Draw one run of the app for one reader."""
    # not before: the pages' caches want a server that runs
    from dashboards import published, settings
    from dashboards.ui import filters, freshness, navigation, opens, page, sign_in
    from dashboards.ui.i18n import language, t

    st.set_page_config(page_title=t("title"), page_icon=str(HERE / "ui" / "icon.svg"), layout="wide")
    st.html(HERE / "ui" / "page.css")
    known = navigation.pages()
    asked = st.navigation(list(known.values()), position="hidden")
    if not sign_in.passed():
        return
    if navigation.key_of(asked) != opens.PAGE:
        opens.restore()
    with st.container(horizontal=True, key="top"):
        navigation.bar(known, navigation.key_of(asked))
        sign_in.who()
    found = settings.load()
    try:
        version = published.version(found.published_file)  # before anything is read of it
        view = page.open_view(found, language())
    except published.OutdatedError:
        st.info(t("published_outdated"), icon=":material/update:")
        return
    except published.NothingPublishedError:
        st.info(t("nothing_published", profile=found.profile), icon=":material/nights_stay:")
        return
    st.caption(freshness.as_of(view.run, found))
    filters.said(view.chosen)
    freshness.banner(view.run, found)
    freshness.watch(view.run, found, freshness.standing(view.run, found, version))
    asked.run()


if __name__ == "__main__":
    main()  # one run of one reader's page
else:
    app = st.App(__file__, **ahead.added_to(access.serving()))  # the server, once, at its start
