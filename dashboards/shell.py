"""`make sql`: a prompt on the published file, read-only. `make sql SQL="from marts.kpi"` answers one and ends.

The file may be replaced while the prompt is open: it goes on with the night it was opened on. What a query writes
elsewhere (`copy … to 'out.csv'`) is the reader's own affair: this runs as whoever started it.

Belongs here: reading lines, showing tables. Not here: the page's confinement (confined.py).
"""

import argparse
import contextlib
import csv
import os
import sys
from pathlib import Path

import duckdb

from dashboards import settings
from dashboards.ui.questions import questions

HELP = """A statement ends with ; and may run over several lines. Besides:
  .tables          what there is            .columns TABLE   its columns, with what they mean
  .questions       ten to start from        .question N      show and answer one
  .help            this                     .quit            or Ctrl + D"""
TABLES = """
    select schema_name || '.' || table_name as name, estimated_size as about_rows, comment
    from duckdb_tables() where database_name = 'published'
    union all
    select schema_name || '.' || view_name, null, comment from duckdb_views()
    where database_name = 'published' and not internal
    order by name
"""
COLUMNS = """
    select column_name, lower(data_type) as data_type, comment from duckdb_columns()
    where database_name = 'published' and $table in (table_name, schema_name || '.' || table_name)
    order by schema_name, table_name, column_index
"""
MOST_ROWS = 200


def main() -> int:
    parser = argparse.ArgumentParser(prog="make sql", description=__doc__)
    parser.add_argument("sql", nargs="?", help="one statement; without it, a prompt")
    asked = parser.parse_args()
    file = settings.load().published_file
    if not file.exists():
        print(f"Nothing is published at {file}. `make run` first.", file=sys.stderr)
        return 1
    connection = connect(file)
    if asked.sql:
        return 0 if answer(connection, asked.sql) else 1
    prompt(connection, file)
    return 0


def connect(file: Path) -> duckdb.DuckDBPyConnection:
    """The file read-only, beside an empty database in memory; instants are shown in the company's zone."""
    connection = duckdb.connect()
    path = str(file.resolve()).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    connection.execute("use published.marts")
    connection.execute("set variable zone = (select timezone from meta.run)")
    connection.execute("set timezone = getvariable('zone')")
    return connection


def prompt(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Read statements and answer them until the end of the input; Ctrl + C drops what is being typed."""
    with contextlib.suppress(ImportError):
        import readline  # the arrow keys, where the machine has them; nothing is kept after the prompt ends

        readline.parse_and_bind("tab: self-insert")
    print(f"{file} (read-only)\n{HELP}")
    typed = ""
    while True:
        try:
            line = input("   ... " if typed else "sql> ")
        except KeyboardInterrupt:
            print()
            typed = ""
            continue
        except EOFError:
            print()
            return
        if not typed and line.strip().startswith("."):
            if line.split()[0] in (".quit", ".exit"):
                return
            command(connection, line.split())
            continue
        typed = f"{typed}\n{line}".strip()
        if typed.endswith(";"):
            answer(connection, typed)
            typed = ""


def command(connection: duckdb.DuckDBPyConnection, words: list[str]) -> None:
    """A line that begins with a dot."""
    match words:
        case [".tables"]:
            show(connection.sql(TABLES))
        case [".columns", table]:
            show(connection.sql(COLUMNS, params={"table": table.rstrip(";")}))
        case [".questions"]:
            for number, question in enumerate(questions().values(), start=1):
                print(f"{number:4}  {question.title('en')}")
        case [".question", number] if number.isdecimal() and 0 < int(number) <= len(questions()):
            question = list(questions().values())[int(number) - 1]
            print(question.sql)
            answer(connection, question.sql)
        case _:
            print(HELP)


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Run it and show what came; a mistake, or Ctrl + C, is said and the prompt goes on."""
    try:
        found = connection.sql(sql)
        if found is not None:
            show(found)
    except duckdb.Error as error:
        print(error, file=sys.stderr)
        return False
    except KeyboardInterrupt:
        connection.interrupt()
        print("stopped", file=sys.stderr)
        return False
    return True


def show(found: duckdb.DuckDBPyRelation) -> None:
    """As a table as wide as the terminal; piped on, as CSV and whole."""
    if sys.stdout.isatty():
        width = os.get_terminal_size().columns
        found.show(max_width=max(60, width), max_rows=MOST_ROWS)
        return
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(found.columns)
    while rows := found.fetchmany(10_000):
        out.writerows(rows)


if __name__ == "__main__":
    try:
        ended = main()
        sys.stdout.flush()
    except (
        BrokenPipeError
    ):  # whoever reads has enough (`| head`): no mistake, and nothing is left to be written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ended = 0
    sys.exit(ended)
