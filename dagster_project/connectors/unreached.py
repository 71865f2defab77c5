"""Why a service gave no answer at all, in the words of who can look after it."""

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)


def unreached(error: Exception) -> str:
    """What kept a request from an answer, and what to look at; "" if that is not what an error says."""
    given_up = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    if not isinstance(given_up, MaxRetryError):
        return ""
    where, reason = f"{given_up.pool.host}:{given_up.pool.port}", given_up.reason
    if isinstance(reason, NameResolutionError):
        return f"no machine is called {given_up.pool.host}: check the address"
    if isinstance(reason, ReadTimeoutError):
        return f"{where} was reached and did not answer: {str(reason).rpartition(': ')[2]}"
    if isinstance(reason, NewConnectionError) and isinstance(reason.__cause__, OSError):
        return f"{where} is not reached: {reason.__cause__.strerror}. Check the address and whether it is running"
    if isinstance(reason, ConnectTimeoutError):
        return f"{where} is not reached in time: check the address, and the firewalls on the way"
    return ""
