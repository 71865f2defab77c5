"""`make sql`: one query, or a prompt; it reads and does not write, and does not stand in the way of a new night."""

import csv
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import REPOSITORY


def run(typed: str | None = None, *sql: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "dashboards.shell", *sql],
        input=typed,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        check=False,
    )


def test_one_query_is_answered_as_csv(published: Path) -> None:
    ended = run(None, "select carrier, count(*) as n from marts.fct_orders group by carrier order by carrier")
    assert ended.stdout == "carrier,n\nSF,1140\nYTO,1140\n"
    assert ended.returncode == 0


def test_instants_are_shown_by_the_companys_clock(published: Path) -> None:
    assert run(None, "select as_of from meta.run").stdout == "as_of\n2026-03-01 00:00:00+08:00\n"


def make(sql: str, then: str = "") -> subprocess.CompletedProcess:
    """What a shell makes of `make sql SQL=…`, and of what follows it."""
    typed = f"set -o pipefail; make -s sql SQL={shlex.quote(sql)} {then}"
    return subprocess.run(["bash", "-c", typed], capture_output=True, text=True, cwd=REPOSITORY, check=False)


@pytest.mark.parametrize(
    "value",
    ["it's", "a$b", "a$$b", "$(HOME) ${PATH} $@", "100%", "#1 \\#", 'say "so"', "`ls` \\n", "两\n行", "顺丰"],
)
def test_make_hands_a_query_over_as_it_is(published: Path, value: str) -> None:
    quoted = value.replace("'", "''")
    ended = make(f"-- a comment\nselect '{quoted}' as \"a b\"")
    head, *rows = csv.reader(io.StringIO(ended.stdout))
    assert (head, rows) == (["a b"], [[value]]), ended.stderr


def test_a_reader_who_has_enough_ends_it_quietly(published: Path) -> None:
    ended = make("from range(1000000) t(i)", "| head -2")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("i\n0\n", "", 0)


def test_a_mistake_is_said_and_the_exit_code_tells(published: Path) -> None:
    ended = run(None, "select metrik\nfrom marts.kpi")
    assert ended.returncode == 1 and 'Referenced column "metrik"' in ended.stderr


def test_a_prompt_takes_several_lines_goes_on_after_mistakes_and_knows_its_own_words(published: Path) -> None:
    lines = ["select run_number", "from meta.run;", "selec 1;", ".columns marts.fct_orders", ".question 5"]
    ended = run("\n".join([*lines, ".tables", "select 6 * 7;", ""]))
    assert "run_number\n7\n" in ended.stdout
    assert 'near "selec"' in ended.stderr
    assert "is_on_time,boolean,Signed at or before its promise." in ended.stdout
    assert "promise missed," in ended.stdout
    assert "meta.quarantine" in ended.stdout
    assert "\n42\n" in ended.stdout
    assert ended.returncode == 0


@pytest.mark.parametrize(
    "sql",
    [
        "update meta.run set run_number = 9",
        "create table marts.mine as select 1",
        "drop table marts.kpi",
        "checkpoint published",
    ],
)
def test_nothing_can_be_changed(published: Path, sql: str) -> None:
    before = published.read_bytes()
    run(None, sql)
    assert published.read_bytes() == before


def test_a_new_night_can_be_published_while_a_prompt_is_open(published: Path) -> None:
    prompt = subprocess.Popen(
        [sys.executable, "-u", "-m", "dashboards.shell"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert prompt.stdin and prompt.stdout
    prompt.stdin.write("select 'first', run_number from meta.run;\n")
    prompt.stdin.flush()
    while "first,7" not in (line := prompt.stdout.readline()):
        assert line
    newer = published.with_name("newer.duckdb")
    newer.write_bytes(published.read_bytes())
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update meta.run set run_number = 8")
    newer.replace(published)
    rest, _ = prompt.communicate("select 'then', run_number from meta.run;\n")
    assert "then,7" in rest
    assert run(None, "select run_number from meta.run").stdout == "run_number\n8\n"


def test_without_a_published_file_it_says_what_to_do(tmp_path: Path) -> None:
    ended = run(None, "select 1", TRUE_ON_TIME_DATA=str(tmp_path))
    assert ended.returncode == 1 and "make run" in ended.stderr
