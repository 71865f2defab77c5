"""One query of an analyst, in a process of its own from which there is no way out: `python -m dashboards.confined`.

Why a process: the engine answers a query with all that the process may do, and some queries end the process they run
in. Here that is this one. First the engine's own doors are locked, then the operating system's: once the published
file is open, this process may open no file and no socket any more, write nothing, and grow only so far.

Belongs here: what is allowed, and the limits. Not here: who asks, and how the answer is shown.
"""

import contextlib
import json
import os
import re
import resource
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb

# nothing lies on disk but the file: what does not fit into the memory is a message
CONFIG: dict[str, Any] = {
    "python_enable_replacements": False,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "enable_external_file_cache": False,
}
OWN_MEGABYTES = (
    700  # of the interpreter, the engine and the answer on its way, beside what the query may take
)
MOST_BYTES = 64_000_000  # of an answer
# how the engine calls a file that it does not even try to open: a table that is named like one
PATH = re.compile(r'Table with name [^"\n]*[/\\.][^\n]* does not exist!')
EXPLAIN = re.compile(r"^\s*explain(\s+analyze)?(\s*\([^)]*\))?\s+", re.IGNORECASE)
# one value of each type whose Python class is only loaded, from disk, once it is met
EVERY_TYPE = """
    select timezone(timezone, now()), now(), current_date, localtime, interval 1 day, 1.5::decimal(4, 1), uuid(),
        'a'::blob, [1], {'a': 1}, map {'a': 1}, 1::hugeint, '101'::bit, '12:00:00+08'::timetz
    from meta.run
"""


class RefusedError(ValueError):
    """Not a single statement that reads: `none`, `several`, or the name of what it does instead."""


def open_confined(file: Path, megabytes: int, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """The published file read-only in a database in memory, in the company's zone, with the engine's doors locked."""
    limits: dict[str, Any] = {"memory_limit": f"{megabytes}MB", "threads": threads}
    connection = duckdb.connect(config={**CONFIG, **limits})
    path = str(file.resolve()).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    connection.execute("use published.marts")
    connection.execute("set variable zone = (select timezone from meta.run)")
    connection.execute("set timezone = getvariable('zone')")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def confine(megabytes: int) -> None:
    """From here on this process opens nothing, writes to no file and does not grow without end."""
    most = (megabytes + OWN_MEGABYTES) * 2**20
    for what, limit in (
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, most),
    ):
        resource.setrlimit(what, (limit, limit))


def reading(sql: str) -> str:
    """The one statement of a text, if it reads and does nothing else.

    Raises:
        RefusedError: none, several, or one that does something else.
        duckdb.Error: not SQL.
    """
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise RefusedError("several" if statements else "none")
    text, kind = statements[0].query, statements[0].type
    if kind == duckdb.StatementType.EXPLAIN:
        explained = duckdb.extract_statements(EXPLAIN.sub("", text))
        kind = explained[0].type if len(explained) == 1 else kind
    if kind != duckdb.StatementType.SELECT:
        raise RefusedError(kind.name.replace("_", " "))
    return text


def answer(connection: duckdb.DuckDBPyConnection, sql: str, seconds: float, rows: int) -> dict[str, Any]:
    """Names, types and at most `rows` rows; or what went wrong, by kind and in the engine's words."""
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    try:
        text = reading(sql)
        timer.start()
        result = connection.execute(text)
        columns = [[name, str(kind)] for name, kind, *_ in result.description or ()]
        found = result.fetchmany(rows + 1)
    except RefusedError as refused:
        return {"wrong": "refused", "message": str(refused)}
    except duckdb.InterruptException:
        return {"wrong": "time"}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"wrong": "memory"}
    except duckdb.PermissionException:
        return {"wrong": "outside"}
    except duckdb.Error as error:
        return {"wrong": "outside"} if PATH.search(str(error)) else {"wrong": "sql", "message": str(error)}
    finally:
        timer.cancel()
    return {"columns": columns, "rows": found[:rows], "is_cut": len(found) > rows}


def main() -> None:
    """Read `{file, sql, seconds, megabytes, rows}` as JSON, write the answer as JSON."""
    asked = json.load(sys.stdin)
    with contextlib.suppress(OSError):
        os.nice(5)  # the pages come first
    file = Path(asked["file"])
    connection = open_confined(file, asked["megabytes"])
    connection.execute(EVERY_TYPE).fetchall()
    confine(asked["megabytes"])
    found = answer(connection, asked["sql"], asked["seconds"], asked["rows"])
    try:
        said = json.dumps(found, default=str).encode()
    except MemoryError:
        said = b""
    # where on the server the file lies is nobody's question, but the engine tells it in its own lists
    said = said.replace(json.dumps(f"{file.parent}/")[1:-1].encode(), b"")
    if not 0 < len(said) <= MOST_BYTES:
        said = json.dumps({"wrong": "size"}).encode()
    sys.stdout.buffer.write(said)
    sys.stdout.flush()
    os._exit(0)  # nothing is worth tidying up, and a query may have left the engine unable to


if __name__ == "__main__":
    main()
