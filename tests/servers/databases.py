"""PostgreSQL and MariaDB, each with a folder and a port of its own, gone when the tests are."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboards.serving import free_port

PASSWORD = "known-to-the-tests"
PROGRAMS = {
    "postgres": ("initdb", "postgres", "psql"),
    "mariadb": ("mariadb-install-db", "mariadbd", "mariadb"),
}


@dataclass(frozen=True)
class Server:
    """A server that answers. `connect` takes the name of a database."""

    kind: str
    port: int
    process: subprocess.Popen[bytes]

    def connect(self, database: str) -> str:
        """What a connection's `connect` says, for DuckDB's scanners."""
        names = {"postgres": ("dbname", "user"), "mariadb": ("database", "user")}[self.kind]
        return f"host=127.0.0.1 port={self.port} {names[0]}={database} {names[1]}=reader password={PASSWORD}"

    def run(self, statements: str, database: str | None = None) -> str:
        """Run SQL as the server's owner, by its own client."""
        if self.kind == "postgres":
            command = [
                tool("psql"),
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-p",
                str(self.port),
            ]
            command += ["-U", "owner", "-At", database or "postgres"]
        else:
            command = [
                tool("mariadb"),
                "-h",
                "127.0.0.1",
                "-P",
                str(self.port),
                "-u",
                "owner",
                f"-p{PASSWORD}",
                "-N",
            ]
            command += ["--local-infile=1", *([database] if database else [])]
        done = subprocess.run(command, input=statements, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout


@dataclass(frozen=True)
class SqliteFile:
    """A file of SQLite, as `Server` to the tests; the name of a database says nothing."""

    file: Path
    kind: str = "sqlite"

    def connect(self, database: str) -> str:
        return str(self.file)

    def run(self, statements: str, database: str | None = None) -> None:
        with closing(sqlite3.connect(self.file)) as made:
            made.executescript(statements)


def tool(name: str) -> str:
    """A program of a server, where Debian puts it; "" if it is not there."""
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return str(newest[-1]) if newest else shutil.which(name) or shutil.which(name, path="/usr/sbin") or ""


def missing(kind: str) -> bool:
    """Whether a server cannot be started here, or not be talked to."""
    return not all(map(tool, PROGRAMS[kind]))


@contextmanager
def postgres() -> Iterator[Server]:
    """PostgreSQL with a user `owner` who may do all and a user `reader` who may read."""
    with _home("postgres") as (folder, user):
        yield from _postgres(folder, user)


@contextmanager
def mariadb(databases: Sequence[str] = ()) -> Iterator[Server]:
    """MariaDB with a user `owner` who may do all, a user `reader` who may read, and empty databases."""
    with _home("mysql") as (folder, user):
        yield from _mariadb(folder, user, databases)


def _postgres(folder: Path, user: str | None) -> Iterator[Server]:
    data = folder / "data"
    _done([tool("initdb"), "-D", str(data), "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
    port = free_port()
    command = [tool("postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
    with _running("postgres", port, [*command, "-F"], user, folder) as server:
        server.run(f"create role reader login password '{PASSWORD}'; grant pg_read_all_data to reader;")
        yield server


def _mariadb(folder: Path, user: str | None, databases: Sequence[str]) -> Iterator[Server]:
    data = folder / "data"
    first = folder / "first.sql"
    first.write_text(
        f"create user owner@'%' identified by '{PASSWORD}';\ngrant all on *.* to owner@'%' with grant option;\n"
        f"create user reader@'%' identified by '{PASSWORD}';\ngrant select on *.* to reader@'%';\n"
        + "".join(f"create database {name} character set utf8mb4;\n" for name in databases),
        encoding="utf-8",
    )
    install = [tool("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    _done([*install, "--auth-root-authentication-method=normal"], user)
    port = free_port()
    command = [
        tool("mariadbd"),
        "--no-defaults",
        f"--datadir={data}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
    ]
    command += [
        f"--socket={folder}/socket",
        f"--init-file={first}",
        "--skip-name-resolve",
        "--local-infile=1",
    ]
    with _running("mariadb", port, [*command, "--innodb-flush-log-at-trx-commit=0"], user, folder) as server:
        yield server


@contextmanager
def _home(user: str) -> Iterator[tuple[Path, str | None]]:
    """A folder for a server, and the user it runs as: servers refuse root, who gives it to the user Debian made.

    Not among pytest's folders, which each session closes to all but its own user.
    """
    with tempfile.TemporaryDirectory(prefix="true_on_time_") as folder:
        if os.geteuid() != 0:
            yield Path(folder), None
            return
        shutil.chown(folder, user)
        yield Path(folder), user


def _done(command: list[str], user: str | None) -> None:
    done = subprocess.run(command, user=user, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


@contextmanager
def _running(kind: str, port: int, command: list[str], user: str | None, folder: Path) -> Iterator[Server]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, user=user, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    server = Server(kind, port, process)
    try:
        _answers(server, folder)
        yield server
    finally:
        process.send_signal(
            signal.SIGINT if kind == "postgres" else signal.SIGTERM
        )  # at once, whoever is connected
        process.wait(timeout=60)


def _answers(server: Server, folder: Path) -> None:
    last = ""
    for _ in range(200):
        if server.process.poll() is not None:
            break
        try:
            server.run("select 1;")
            return
        except RuntimeError as error:
            last = str(error)
            time.sleep(0.1)
    log = (folder / "log").read_text(errors="replace")
    raise RuntimeError(f"{server.kind} does not answer: {last}\n{log[-2000:]}")
