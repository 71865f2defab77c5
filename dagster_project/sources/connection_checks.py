"""What connections say of services that are asked, and of senders that push, checked key by key.

Belongs here: mistakes with their line and remedy. What a connection is stands in connections.
"""

import re

from .contracts import TableContract, texts
from .lengths import SIZE, length
from .marked_yaml import Mapping, Mistakes

AUTH: dict[str, tuple[str, ...]] = {
    "none": (),
    "key": ("header", "query", "key", "prefix"),
    "basic": ("user", "password"),
    "oauth2": ("token_url", "client_id", "client_secret", "scope", "send_as"),
    "signed": ("text", "steps", "secret", "put", "fields"),
}
PAGES: dict[str, tuple[str, ...]] = {
    "none": (),
    "page": ("parameter", "first", "size_parameter", "size"),
    "offset": ("parameter", "size_parameter", "size"),
    "cursor": ("parameter", "next"),
    "link": (),
}
PLACES = ("header", "query", "form")
SIGNING = ("md5", "sha256", "hmac_md5", "hmac_sha256", "hex", "base64", "upper", "urlencode")
SECRETS = ("connect", "password", "client_secret", "key", "token", "secret")
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


def check_service(settings: Mapping, mistakes: Mistakes) -> None:
    """How a service is told who asks."""
    mistakes.keys(settings, "a connection of kind rest", settings, ["base_url"])
    auth = mistakes.mapping(settings, "auth")
    kind = mistakes.one_of(auth, "kind", AUTH, "none")
    required = {"key": ["key"], "basic": ["user", "password"], "signed": ["text", "steps", "put"]}
    required["oauth2"] = ["token_url", "client_id", "client_secret"]
    mistakes.keys(auth, f"auth of kind {kind}", ["kind", *AUTH[kind]], required.get(kind, []))
    _check_steps(auth, mistakes)
    _check_put(auth, "auth", mistakes)
    mistakes.mapping(settings, "headers")
    if "rate" in settings and not re.fullmatch(r"[1-9]\d*/[sm]", str(settings["rate"])):
        mistakes.add(
            settings.line_of("rate"), f"rate {settings['rate']!r} is none", "Write as in 5/s or 100/m"
        )


def check_paging(pull: Mapping, table: str, mistakes: Mistakes) -> None:
    """How a table's pages follow each other, and since when it is asked for."""
    mistakes.keys(pull, f"table {table}", pull, ["path"])
    mistakes.one_of(pull, "method", ("GET", "POST"), "GET")
    mistakes.one_of(pull, "send", ("query", "form", "json"), "query")
    if "records" in pull and not re.match(r"\$.*(\[\*\]|\.\*)", str(pull["records"])):
        what = f"records {pull['records']!r} leads to no list"
        mistakes.add(
            pull.line_of("records"), what, "Write as in $.data[*], or $[*] where the answer is the list"
        )
    success = mistakes.mapping(pull, "success")
    if "success" in pull and [str(at)[:1] for at in success] != ["$"]:
        what = "success names no one place in an answer"
        mistakes.add(pull.line_of("success"), what, "Write as in {$.code: 0}")
    pages = mistakes.mapping(pull, "pages")
    kind = mistakes.one_of(pages, "by", PAGES, "none")
    required = ["parameter", "next"] if kind == "cursor" else []
    mistakes.keys(pages, f"pages by {kind}", ["by", "total", *PAGES[kind]], required)
    for key in ("first", "size"):
        if not re.fullmatch(r"\d+", str(pages.get(key, 0))):
            mistakes.add(pages.line_of(key), f"{key} {pages[key]!r} is no number", "Write as in 100")
    if ("size" in pages) != ("size_parameter" in pages):
        what = "of size and size_parameter one is missing"
        mistakes.add(pages.line, what, "Write both, as in size_parameter: limit, size: 100")
    since = mistakes.mapping(pull, "since")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d.*", str(since.get("first", "2026-01-01"))):
        mistakes.add(since.line_of("first"), f"first {since['first']!r} is no day", "Write as in 2026-01-31")
    known = ["parameter", "until", "format", "column", "look_back", "step", "first"]
    mistakes.keys(since, "since", known, ["parameter"] if "since" in pull else [])
    form = str(since.get("format", "iso"))
    if form not in ("iso", "s", "ms") and "%" not in form:
        mistakes.add(
            since.line_of("format"),
            f"format {form!r} is none",
            'Write iso, s, ms, or as in "%Y-%m-%d %H:%M:%S"',
        )
    for key in ("look_back", "step"):
        length(since, key, "1h", mistakes)


def check_since(pull: Mapping, contract: TableContract, mistakes: Mistakes) -> None:
    """Whether it is known how far a table came: else every fetch would ask for all of it."""
    since = mistakes.mapping(pull, "since")
    if "since" not in pull or contract.is_nested:
        return
    name = since.get("column", contract.recorded_at)
    if name is None:
        what = f"since of table {contract.name}: no column says how far it came"
        mistakes.add(
            pull.line_of("since"),
            what,
            "Write `column:` and a time of its contract, or set recorded_at there",
        )
    elif contract.column(str(name)) is None:
        line = since.line_of("column") if "column" in since else pull.line_of("since")
        mistakes.unknown(line, f"column of table {contract.name}", name, [c.name for c in contract.columns])


def check_receiving(settings: Mapping, mistakes: Mistakes) -> None:
    """How a sender shows who it is: by a key, or by a signature; nobody is believed without."""
    mistakes.keys(settings, "a connection of kind push", settings, ["check"])
    check = mistakes.mapping(settings, "check")
    kind = mistakes.one_of(check, "kind", ("signed", "key"), "signed")
    known = {"signed": ["text", "steps", "secret"], "key": ["key"]}[kind]
    required = {"signed": ["text", "steps"], "key": ["key"]}[kind]
    mistakes.keys(check, f"check of kind {kind}", ["kind", "at", "prefix", *known], ["at", *required])
    _check_steps(check, mistakes)
    at = mistakes.mapping(check, "at")
    if "at" in check and (len(at) != 1 or not set(at) <= set(PLACES)):
        mistakes.add(check.line_of("at"), "at names no one place", "Write as in {header: X-Signature}")
    if not SIZE.fullmatch(str(settings.get("limit", "1MB"))):
        mistakes.add(
            settings.line_of("limit"), f"limit {settings['limit']!r} is none", "Write as in 500kB or 1MB"
        )


def _check_steps(settings: Mapping, mistakes: Mistakes) -> None:
    for step in texts(settings, "steps", mistakes):
        if step not in SIGNING:
            mistakes.unknown(settings.line_of("steps"), "step of a signature", step, SIGNING)
    steps = [step for step in map(str, settings.get("steps", [])) if step != "upper"]
    if steps and steps[-1].endswith(("md5", "sha256")):
        mistakes.add(
            settings.line_of("steps"),
            f"a signature ends with {steps[-1]}: bytes",
            "Add hex or base64 after it",
        )


def _check_put(settings: Mapping, name: str, mistakes: Mistakes) -> None:
    """Where a signature and its fields go."""
    put = mistakes.mapping(settings, "put")
    mistakes.keys(put, f"put of {name}", PLACES)
    for field, told in mistakes.mapping(settings, "fields").items():
        if isinstance(told, Mapping):
            _check_put(told, field, mistakes)


def check_each(pull: Mapping, table: str, mistakes: Mistakes) -> None:
    """A table that is asked for number by number: which, how many at once, and when an answer is one."""
    each = mistakes.mapping(pull, "each")
    mistakes.keys(
        each, f"each of table {table}", ["carriers", "at_once", "join", "days", "apart", "well"], ["carriers"]
    )
    for key in ("at_once", "days"):
        if not re.fullmatch(r"[1-9]\d*", str(each.get(key, 1))):
            mistakes.add(
                each.line_of(key), f"{key} {each[key]!r} is no number of 1 or more", "Write as in 10"
            )
    length(each, "apart", "1h", mistakes)
    well = mistakes.mapping(each, "well")
    mistakes.keys(well, "well", ["at", "is", "says"], ["at", "is"] if "well" in each else [])
    if "{waybill" not in str([pull.get("path"), pull.get("parameters")]):
        what = f"table {table}: no waybill stands in its path or parameters"
        mistakes.add(each.line, what, "Write {waybill}, or {waybills} for a list, where it goes")
    for key in ("pages", "since", "refresh"):
        if key in pull:
            what = f"table {table} is asked for number by number, so {key!r} means nothing"
            mistakes.add(pull.line_of(key), what, "Remove it")


def check_secrets(settings: Mapping, mistakes: Mistakes) -> None:
    """A secret stands in an environment variable; a file of the profile only names it."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            check_secrets(value, mistakes)
        elif key in SECRETS and not VARIABLE.search(str(value)):
            what = f"{key!r} stands in the file itself"
            mistakes.add(
                settings.line_of(key), what, f"Put it into the environment and write `{key}: ${{NAME}}`"
            )
