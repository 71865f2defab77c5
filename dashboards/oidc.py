"""The sign-in with an OpenID Connect provider, as the environment describes it; read here only."""

import os
import re
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

PREFIX = "TRUE_ON_TIME_OIDC_"
NEEDED = ("PROVIDER", "CLIENT_ID", "CLIENT_SECRET", "ADDRESS", "ALLOWED")
DISCOVERY = "/.well-known/openid-configuration"
ALLOWED = re.compile(
    r"([^@\s*]+@)?[^@\s*.]+(\.[^@\s*.]+)+"
)  # one person's address, or everybody's of a domain
SHORTEST_SECRET = 32


class SignInError(ValueError):
    """Sign-in is configured by halves, or so that it would not be safe."""


@dataclass(frozen=True)
class SignIn:
    """The provider that says who a reader is, the address at which readers find us, and whom we let in."""

    provider: str
    client_id: str
    client_secret: str = field(repr=False)
    address: str
    allowed: frozenset[str]
    cookie_secret: str = field(repr=False)

    def auth(self) -> dict[str, str]:
        """What Streamlit calls the `auth` section of its secrets."""
        return {
            "redirect_uri": f"{self.address}/oauth2callback",
            "cookie_secret": self.cookie_secret or secrets.token_hex(32),
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "server_metadata_url": self.provider,
        }


def load() -> SignIn | None:
    """Sign-in as the `TRUE_ON_TIME_OIDC_…` variables describe it; nothing where none of them is set.

    Raises:
        SignInError: some are set and some are missing, or one of them would let in more than it says.
    """
    said = {name: os.environ.get(PREFIX + name, "").strip() for name in (*NEEDED, "COOKIE_SECRET")}
    if not any(said.values()):
        return None
    missing = [PREFIX + name for name in NEEDED if not said[name]]
    if missing:
        raise SignInError(f"sign-in is configured by halves; set also {', '.join(missing)}")
    for name in ("PROVIDER", "ADDRESS"):
        if not _is_safe(said[name]):
            raise SignInError(f"{PREFIX}{name} must be an https address: {said[name]}")
    address = said["ADDRESS"].rstrip("/").lower()
    if address != "{0.scheme}://{0.netloc}".format(urlsplit(address)):
        raise SignInError(f"{PREFIX}ADDRESS must end after the host: {said['ADDRESS']}")
    entries = re.split(r"[\s,;]+", said["ALLOWED"].lower())
    allowed = frozenset(entry.removeprefix("@") for entry in entries if entry)
    unclear = sorted(entry for entry in allowed if not ALLOWED.fullmatch(entry))
    if unclear or not allowed:
        raise SignInError(f"{PREFIX}ALLOWED takes e-mail addresses and domains, not {said['ALLOWED']}")
    if said["COOKIE_SECRET"] and len(said["COOKIE_SECRET"]) < SHORTEST_SECRET:
        raise SignInError(f"{PREFIX}COOKIE_SECRET must have {SHORTEST_SECRET} characters or more")
    provider = said["PROVIDER"].removesuffix(DISCOVERY).rstrip("/") + DISCOVERY
    return SignIn(provider, said["CLIENT_ID"], said["CLIENT_SECRET"], address, allowed, said["COOKIE_SECRET"])


def is_this_machine(host: str | None) -> bool:
    """Whether a host, as a name or a number, can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    is_near = parts.scheme == "http" and is_this_machine(parts.hostname)
    return bool(parts.netloc) and (parts.scheme == "https" or is_near)
