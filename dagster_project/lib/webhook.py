"""One word to the people in charge when a night failed, was held back or is late: a POST to one address.

`TRUE_ON_TIME_WEBHOOK` is the address, `TRUE_ON_TIME_WEBHOOK_STYLE` how the receiver wants its message.
"""

import os
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from dagster_project.lib.progress import Say
from dagster_project.settings import Settings

RETRIES = Retry(total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None)
WAIT = (5, 15)  # seconds to connect, and for the answer
# how receivers want a text: a plain object, Slack and its like, WeCom and DingTalk, Feishu
STYLES: dict[str, Callable[[str], dict[str, Any]]] = {
    "plain": lambda text: {"text": text},
    "wecom": lambda text: {"msgtype": "text", "text": {"content": text}},
    "feishu": lambda text: {"msg_type": "text", "content": {"text": text}},
}


def post(settings: Settings, status: str, message: str, say: Say) -> bool:
    """Tell what became of a night, if an address is configured; that it could not be told is said, and no error.

    The address is a secret of its own, so it is never said.
    """
    address = os.environ.get("TRUE_ON_TIME_WEBHOOK")
    if not address:
        return False
    style = os.environ.get("TRUE_ON_TIME_WEBHOOK_STYLE") or "plain"
    if style not in STYLES:
        say(f"webhook: unknown style {style!r}; known are {', '.join(STYLES)}")
        return False
    text = f"True On-Time, {settings.profile}: the night {status}. {message[:1500]}"
    body = STYLES[style](text)
    if style == "plain":
        body |= {"profile": settings.profile, "status": status, "message": message}
    try:
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
            answer = session.post(address, json=body, timeout=WAIT)
            answer.raise_for_status()
    except requests.RequestException as error:
        reason = getattr(error.response, "status_code", None) or type(error).__name__
        say(f"webhook: it could not be told ({reason})")
        return False
    return True
