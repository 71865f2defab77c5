"""What is in git works on any machine and leaks nothing of this one."""

import re
import subprocess
from pathlib import Path

from dagster_project.settings import REPOSITORY

BINARY = {".png", ".jpg", ".xlsx", ".parquet", ".duckdb", ".ico", ".woff2"}
# spelled in parts, so that this file does not find itself
PATHS = re.compile(
    "(^|[^a-zA-Z0-9_.])/(" + "|".join(["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers"]) + ")/"
)
REGISTRIES = re.compile(
    "|".join(["index" + "-url", "py" + "pi" + r"\.org", "files" + r"\.python" + "hosted", "pyp" + "roxy"])
)
LARGEST = 1024 * 1024


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    return [REPOSITORY / name for name in listed if name and (REPOSITORY / name).is_file()]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for file in tracked():
        if file.suffix not in BINARY:
            text = file.read_text(encoding="utf-8", errors="replace")
            found += [
                f"{file.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def test_no_path_of_one_machine() -> None:
    assert lines_with(PATHS) == []


def test_no_address_of_a_package_registry() -> None:
    assert [line for line in lines_with(REGISTRIES) if "no-emit-" not in line] == []


def test_no_large_file() -> None:
    assert [file.name for file in tracked() if file.stat().st_size > LARGEST] == []


def test_no_python_package_hides_dbt() -> None:
    """An __init__.py in dbt/ would be imported instead of the library."""
    assert list((REPOSITORY / "dbt").rglob("*.py")) == []
