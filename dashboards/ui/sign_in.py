"""The pages before the pages: sign in, and not on the list; and who is signed in, with the way out."""

from collections.abc import Callable

import streamlit as st

from dashboards import access, oidc
from dashboards.ui import filters
from dashboards.ui.i18n import t


def passed() -> bool:
    """Whether this reader may see the figures; where not, the page that says what to do is drawn."""
    asked = oidc.load()
    if asked is None:
        return True
    if not access.is_signed_in(st.user):
        _card(t("sign_in_why"), "sign_in", ":material/login:", st.login)
        return False
    if not access.is_allowed(st.user, asked):
        _card(t("sign_in_not_allowed", who=name()), "sign_out", ":material/logout:", st.logout)
        return False
    return True


def who() -> None:
    """Who is signed in, and a way out; nothing where nobody has to."""
    if oidc.load() is None:
        return
    with st.popover(t("account"), icon=":material/person:", type="tertiary", key="who"):
        st.text(name())
        st.button(t("sign_out"), icon=":material/logout:", on_click=st.logout, key="sign_out")


def _card(sentence: str, key: str, icon: str, act: Callable[[], None]) -> None:
    with st.container(border=True, key="door"):
        st.title(t("title"), anchor=False)
        st.write(sentence)
        st.button(t(key), icon=icon, on_click=act, key=key, type="primary", width="stretch")
        filters.languages()


def name() -> str:
    """Who is signed in, as the provider names them."""
    return str(st.user.get("email") or st.user.get("name") or st.user.get("sub"))
