"""Sources: from files to landed, typed rows and the canonical views, by a profile alone.

Plain Python that knows nothing of the orchestrator. What others call is named here.
"""

from .canonical import build_views, last_event_day_end, masked_quarantine
from .check import profile_check
from .connections import Connection
from .files import Refusal
from .landing import Load, Run, land
from .profile import Profile, ProfileError, fingerprint, load_profile
from .sql import landed_name
from .tables import forget_table, prepare, reset, with_news
from .typed import fixed_offset_seconds

__all__ = [
    "Connection",
    "Load",
    "Profile",
    "ProfileError",
    "Refusal",
    "Run",
    "build_views",
    "fingerprint",
    "fixed_offset_seconds",
    "forget_table",
    "land",
    "landed_name",
    "last_event_day_end",
    "load_profile",
    "masked_quarantine",
    "prepare",
    "profile_check",
    "reset",
    "with_news",
]
