"""Connections of a profile: what is understood, and every mistake with its line and remedy."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dagster_project.connectors import auth, paging
from dagster_project.sources import connection_checks, connections
from dagster_project.sources.connections import Connection
from dagster_project.sources.contracts import read_contracts
from dagster_project.sources.marked_yaml import Mistakes, read_yaml

CONTRACT = """
source: front
tables:
  scans:  {files: "front/scans/*.csv", format: csv, columns: {id: {type: text}}}
  stock:  {live: true, files: "front/stock/*.csv", format: csv, columns: {id: {type: text}}}
  sheets: {files: "front/sheets/*.xlsx", format: xlsx, columns: {id: {type: text}}}
"""
Read = Callable[[str], tuple[list[Connection], list[str]]]


@pytest.fixture
def read(tmp_path) -> Read:
    """Reads connections/front.yml; hands back the connections and what is wrong."""

    def reading(text: str) -> tuple[list[Connection], list[str]]:
        documents = []
        for name, content in (("contracts", CONTRACT), ("front", text)):
            path = tmp_path / f"{name}.yml"
            path.write_text(content.lstrip("\n"), encoding="utf-8")
            documents.append(read_yaml(path, Mistakes(path.name)))
        mistakes = Mistakes("connections/front.yml")
        contracts = read_contracts(documents[0], Mistakes("contracts/front.yml"), "Asia/Shanghai")
        found = list(connections.read_connections("front", documents[1], contracts, mistakes))
        return found, [str(mistake) for mistake in mistakes.found]

    return reading


def test_instances_say_what_differs(read: Read) -> None:
    found, wrong = read(
        """
kind: sql
engine: mysql
every: 1d
source: front
instances:
  front_1: {connect: "${FRONT_1}"}
  front_2: {connect: "${FRONT_2}", every: 12h, deadline: 90s}
tables:
  scans: {cursor: id}
"""
    )
    assert wrong == []
    assert [(one.name, one.source, one.variables) for one in found] == [
        ("front_1", "front", ("FRONT_1",)),
        ("front_2", "front", ("FRONT_2",)),
    ]
    assert [one.every for one in found] == [timedelta(days=1), timedelta(hours=12)]
    assert [one.deadline for one in found] == [timedelta(minutes=30), timedelta(seconds=90)]


SQL = "kind: sql\nengine: mysql\nconnect: ${FRONT}\ntables:\n"
REST = "kind: rest\nbase_url: ${FRONT}\n"


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("kind: ftp\nengine: mysql\nconnect: ${A}\ntables: {}\n", 1, "unknown value of kind 'ftp'"),
        (SQL + "  scan: {cursor: id}\n", 5, "unknown table of source front 'scan'. Did you mean 'scans'?"),
        (SQL + "  scans: {}\n", 5, "neither a cursor nor `full: true`"),
        (SQL + "  scans: {cursor: id, full: true}\n", 5, "neither a cursor nor `full: true`, or both"),
        (SQL + "  sheets: {full: true}\n", 5, "is a workbook by its contract"),
        (SQL + "  scans: {cursor: id, look_back: 2 hours}\n", 5, "look_back '2 hours' is no length of time"),
        (SQL + "  scans: {cursor: id, refresh: soon}\n", 5, "refresh 'soon' is no length of time"),
        (SQL + "  scans: {cursor: id, refresh: 1s}\n", 5, "refresh 1s is less than 5s"),
        ("kind: files\nfolder: a\ntables:\n  scans: {refresh: 10s}\n", 4, "'refresh'"),
        (SQL + "  stock: {cursor: id}\n", 5, "for the small refresh by its contract, which does not fetch it"),
        (SQL.replace("${FRONT}", "host=h") + "  scans: {full: true}\n", 3, "'connect' stands in the file itself"),
        (SQL.replace("mysql", "oracle") + "  scans: {full: true}\n", 2, "unknown value of engine 'oracle'"),
        ("every: soon\n" + SQL + "  scans: {full: true}\n", 1, "every 'soon' is no length of time"),
        (REST + "rate: fast\ntables: {scans: {path: a}}\n", 3, "rate 'fast' is none. Write as in 5/s"),
        (REST + "auth: {kind: key, key: abc}\ntables: {scans: {path: a}}\n", 3, "'key' stands in the file itself"),
        (REST + "auth: {kind: oauth2}\ntables: {scans: {path: a}}\n", 3, "auth of kind oauth2 has no 'client_id'"),
        (
            REST + "auth: {kind: signed, text: a, steps: [md6], put: {query: s}}\ntables: {scans: {path: a}}\n",
            3,
            "unknown step of a signature 'md6'. Did you mean 'md5'?",
        ),
        (REST + "auth: {kind: signed, text: a, steps: [md5], put: {query: s}}\ntables: {}\n", 3, "md5: bytes"),
        (REST + "auth: {kind: signed, text: a, steps: [hex], put: {qery: s}}\ntables: {}\n", 3, "Did you mean 'query'"),
        (REST + "headers: [a]\ntables: {}\n", 3, "'headers'"),
        (REST + "tables: {scans: {path: a, pages: {by: page, size: 9}}}\n", 3, "of size and size_parameter one is"),
        (REST + "tables: {scans: {path: a, pages: {by: page, first: one}}}\n", 3, "first 'one' is no number"),
        (REST + "tables: {scans: {path: a, since: {parameter: s, first: 1.2.2026}}}\n", 3, "is no day"),
        (REST + "tables: {scans: {path: a, success: {code: 0}}}\n", 3, "success names no one place in an answer"),
        (REST + "tables: {scans: {}}\n", 3, "table scans has no 'path'"),
        (REST + "tables: {scans: {path: a, pages: {by: cursor}}}\n", 3, "pages by cursor has no 'next'"),
        (REST + "tables: {scans: {path: a, since: {parameter: s, look_back: 5}}}\n", 3, "look_back '5' is no length"),
        (REST + "tables: {scans: {path: a, since: {parameter: s, format: isoo}}}\n", 3, "format 'isoo' is none"),
        (REST + "tables: {scans: {path: a, since: {parameter: s}}}\n", 3, "no column says how far it came"),
        (REST + "tables: {scans: {path: a, since: {parameter: s, column: ad}}}\n", 3, "table scans 'ad'"),
        (REST + "tables: {scans: {path: a, records: data}}\n", 3, "leads to no list. Write as in $.data[*]"),
        (REST + "tables: {scans: {path: a, records: $.data}}\n", 3, "records '$.data' leads to no list"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_and_what_to_do(read: Read, text: str, line: int, told: str) -> None:
    _, wrong = read(text)
    assert any(said.startswith(f"connections/front.yml:{line}: ") and told in said for said in wrong), wrong


def test_what_a_profile_may_say_is_what_connectors_can_do() -> None:
    assert set(connection_checks.SIGNING) == set(auth.STEPS)
    for kind in connection_checks.PAGES:
        paging.pager({"by": kind, "parameter": "p", "next": "$.next"}, "http://127.0.0.1")
