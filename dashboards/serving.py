"""The app as a process of its own on this machine, for whoever looks at it: pictures, tests, the bench.

Needs nothing of the development tools; nothing of the app imports this.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from dashboards.settings import REPOSITORY

ATTEMPTS, SECONDS_BETWEEN = 600, 0.1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(*options: str, port: int | None = None, **environment: str) -> Iterator[str]:
    """The address of the app once it answers, on a free port or the given one; ended by its own id.

    Args:
        options: of Streamlit's command line.
        environment: what the app finds in its environment beside ours.

    Raises:
        RuntimeError: it ended while starting.
        TimeoutError: it does not answer within a minute.
    """
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port), *options],
        cwd=REPOSITORY / "dashboards",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"http://localhost:{port}"
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(ATTEMPTS):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if process.poll() is not None:
                raise RuntimeError("the app ended while starting") from None
            time.sleep(SECONDS_BETWEEN)
    raise TimeoutError(f"nothing answers on {address}")
