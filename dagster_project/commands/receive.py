"""`make receive`: takes what others push to this company's connections of kind push, until it is ended.

`python -m dagster_project.commands.receive [--port 8600] [--address 127.0.0.1]`. Exit code 1: there is nothing to
receive, or another process does.
"""

import argparse
import os

from filelock import Timeout

from dagster_project import settings as settings_module
from dagster_project import sources
from dagster_project.connectors import receive
from dagster_project.ending import end
from dagster_project.lib.progress import say_line


def main() -> int:
    parser = argparse.ArgumentParser(prog="make receive", description="Receive what is pushed.")
    parser.add_argument("--port", type=int, default=8600)
    parser.add_argument(
        "--address", default="127.0.0.1", help="another one only behind a proxy that speaks TLS"
    )
    asked = parser.parse_args()
    settings = settings_module.load()
    profile = sources.load_profile(settings.profile_dir)
    if not any(connection.kind == "push" for connection in profile.connections):
        say_line(f"profile {settings.profile} has no connection of kind push (docs/sources.md)")
        return 1
    try:
        receive.serve(
            profile, settings.source_dir, settings.home, asked.address, asked.port, os.environ, say_line
        )
    except Timeout:
        say_line(f"another process receives for {settings.profile} already")
        return 1
    except OSError as error:
        say_line(
            f"{asked.address}:{asked.port} cannot be listened at: {error.strerror}. Name another PORT= or ADDRESS="
        )
        return 1
    return 0


if __name__ == "__main__":
    end(main)
