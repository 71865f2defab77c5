"""Documents: an answer with lists within lists becomes a row a record, and what cannot be one is told."""

import json
from typing import Any

import pytest

from dagster_project.sources import ProfileError, load_profile, masked_quarantine

from .conftest import Company

TRACKS = """
source: wms
timezone: Asia/Shanghai
tables:
  scans:
    files: [wms/*/*.json, wms/*/*.jsonl]
    format: json
    volume: varies
    records: $.body.parcels[*].scans[*]
    columns:
      answer: {type: integer, required: true, path: ^^.id}
      parcel: {type: text, required: true, path: ^.number}
      code: {type: text, required: true, accepted: [IN, OUT]}
      at: {type: timestamp, required: true}
"""


def scan(code: str, at: str = "2026-01-31 08:00:00") -> dict[str, str]:
    return {"code": code, "at": at, "said": "not taken"}


def answer(number: int, **parcels: list[Any]) -> dict[str, Any]:
    listed = [{"number": name, "scans": scans} for name, scans in parcels.items()]
    return {"id": number, "body": {"parcels": listed}}


@pytest.fixture(autouse=True)
def _tracks(company: Company) -> None:
    company.write("contracts/wms.yml", TRACKS)


def landed(company: Company) -> list[tuple]:
    return company.rows(
        "SELECT answer, parcel, code, _file, _record FROM landing.wms__scans ORDER BY _file, _record"
    )


TWO = answer(1, P1=[scan("IN"), scan("OUT", "2026-01-31 09:00:00")], P2=[], P3=[scan("IN")])
ROWS = [(1, "P1", "IN"), (1, "P1", "OUT"), (1, "P3", "IN")]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_a_document_gives_a_row_a_record_with_what_stands_above(
    company: Company, indent: int | None, end: str
) -> None:
    company.drop("wms/2026-01-31/a.json", json.dumps(TWO, indent=indent) + end)
    load = company.night()
    assert [row[:3] for row in landed(company)] == ROWS
    assert [row[3:] for row in landed(company)] == [("wms/2026-01-31/a.json", number) for number in (1, 2, 3)]
    assert (load.rows_accepted, load.rows_quarantined) == (3, 0)


def test_several_documents_a_file_are_counted_through(company: Company) -> None:
    lines = [json.dumps(answer(number, P=[scan("IN"), scan("OUT")])) for number in (1, 2)]
    company.drop("wms/2026-01-31/a.jsonl", "\n".join(lines) + "\n")
    company.drop("wms/2026-01-31/b.jsonl", json.dumps(answer(3, P=[scan("OUT")])) + "\n")
    company.night()
    assert [(row[0], row[2], row[4]) for row in landed(company)] == [
        (1, "IN", 1), (1, "OUT", 2), (2, "IN", 3), (2, "OUT", 4), (3, "OUT", 1),
    ]  # fmt: skip


def test_lines_hold_documents_too(company: Company) -> None:
    company.write("contracts/wms.yml", TRACKS.replace("format: json", "format: jsonl"))
    company.drop(
        "wms/2026-01-31/a.jsonl", json.dumps(TWO) + "\n{\n" + json.dumps(answer(2, P=[scan("IN")])) + "\n"
    )
    company.night()
    assert [row[:3] for row in landed(company)] == [*ROWS, (2, "P", "IN")]
    assert company.quarantined() == [
        ("a.jsonl", 4, "Row 4: it is no whole JSON document; have it delivered again.")
    ]


def test_without_records_a_document_is_a_row(company: Company) -> None:
    company.write(
        "contracts/wms.yml",
        TRACKS.replace("    records: $.body.parcels[*].scans[*]\n", "")
        .replace("path: ^^.id", "path: $.id")
        .replace("path: ^.number", 'path: "$.body.parcels[0].number"'),
    )
    company.drop("wms/2026-01-31/a.json", json.dumps(TWO | scan("IN"), indent=1))
    company.night()
    assert [row[:3] for row in landed(company)] == [(1, "P1", "IN")]


@pytest.mark.parametrize(
    "empty", [{"parcels": []}, {"parcels": None}, {"parcels": [{"number": "P", "scans": []}]}]
)
def test_an_empty_list_is_no_row_and_no_mistake(company: Company, empty: dict[str, Any]) -> None:
    company.drop("wms/2026-01-31/a.json", json.dumps({"id": 1, "body": empty}))
    load = company.night()
    assert (load.files, load.files_refused, load.rows_read) == (1, 0, 0)


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"error": "no such parcel"}, "no list at $.parcels"),
        ({"parcels": "none"}, "no list at $.parcels"),
        ({"parcels": [{"number": "P"}]}, "no list at $.scans"),
    ],
)
def test_an_answer_that_breaks_off_above_its_records_is_shown(
    company: Company, body: dict[str, Any], missing: str
) -> None:
    records = "records: [$.body, '$.parcels[*]', '$.scans[*]']"
    contract = TRACKS.replace("records: $.body.parcels[*].scans[*]", records).replace("^^.id", "^^^.id")
    company.write("contracts/wms.yml", contract)
    company.drop(
        "wms/2026-01-31/a.jsonl", json.dumps({"id": 7, "body": body}) + "\n" + json.dumps(TWO) + "\n"
    )
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (3, 1)
    [(_, record, reason)] = company.quarantined()
    assert record == 1
    assert reason.startswith(f"Row 1: it has {missing}: it is no answer with records")
    assert json.loads(json.loads(company.rows("SELECT row FROM meta.quarantine")[0][0])["line"])["id"] == 7


def test_a_document_that_comes_as_text_within_another_is_read(company: Company) -> None:
    records = "records: [$.body, '$.parcels[*].scans[*]']"
    contract = TRACKS.replace("records: $.body.parcels[*].scans[*]", records).replace("^^.id", "^^^.id")
    company.write("contracts/wms.yml", contract)
    company.drop("wms/2026-01-31/a.json", json.dumps({"id": 1, "body": json.dumps(TWO["body"])}))
    torn = json.dumps(TWO["body"])[:-5]
    company.drop("wms/2026-01-31/b.json", json.dumps({"id": 2, "body": torn}))
    company.night()
    assert [row[:3] for row in landed(company)] == ROWS
    assert [row[0] for row in company.quarantined()] == ["b.json"]


def test_members_of_an_object_are_records_too(company: Company) -> None:
    company.write(
        "contracts/wms.yml",
        TRACKS.replace("$.body.parcels[*].scans[*]", "$.data.*[*]").replace("^.number", "$.parcel"),
    )
    scans = {"P1": [scan("IN") | {"parcel": "P1"}], "P2": [scan("OUT") | {"parcel": "P2"}, scan("XX")]}
    company.drop("wms/2026-01-31/a.json", json.dumps({"id": 5, "data": scans}))
    company.night()
    assert [row[:3] for row in landed(company)] == [(5, "P1", "IN"), (5, "P2", "OUT")]
    [(_, record, reason)] = company.quarantined()
    assert record == 3
    assert "column parcel: a value is missing" in reason
    assert "column code: 'XX' is none of IN, OUT" in reason


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (json.dumps(TWO, indent=2)[:-4], "line"),
        (json.dumps(TWO) + "\n" + json.dumps(TWO)[:40], "line 2: Expecting ':' delimiter"),
        ("<html>503</html>", "line 1: Expecting value"),
        ("\n\n{}}", "line"),
    ],
)
def test_a_file_that_is_cut_off_is_refused_whole_and_taken_when_it_is_whole(
    company: Company, text: str, where: str
) -> None:
    company.drop("wms/2026-01-31/a.json", text)
    company.drop("wms/2026-01-31/b.json", json.dumps(answer(2, P=[scan("IN")])))
    load = company.night()
    [refusal] = load.refused
    assert refusal.reason.startswith(f"the file is no whole JSON document ({where}")
    assert refusal.remedy == "Have it delivered again; it is tried again every run"
    assert [row[:3] for row in landed(company)] == [(2, "P", "IN")]
    assert company.quarantined() == []
    company.drop("wms/2026-01-31/a.json", json.dumps(TWO))
    company.night()
    assert [row[:3] for row in landed(company)] == [*ROWS, (2, "P", "IN")]


def test_an_empty_file_is_refused(company: Company) -> None:
    company.drop("wms/2026-01-31/a.json", "")
    [refusal] = company.night().refused
    assert refusal.reason == "the file is empty"


def test_a_manifest_counts_documents(company: Company) -> None:
    company.drop(
        "wms/2026-01-31/a.jsonl", "".join(json.dumps(TWO | {"id": number}) + "\n" for number in (1, 2))
    )
    company.manifest("wms/2026-01-31/a.jsonl", rows=2)
    assert company.night().rows_accepted == 6
    company.drop("wms/2026-02-01/a.jsonl", json.dumps(TWO | {"id": 3}) + "\n")
    company.manifest("wms/2026-02-01/a.jsonl", rows=2)
    [refusal] = company.night().refused
    assert refusal.reason == "the file has 1 rows, its manifest says 2"


def test_the_order_of_arrival_does_not_matter(company: Company, new_company: Any) -> None:
    drops = {
        "wms/2026-01-31/a.json": json.dumps(TWO),
        "wms/2026-02-01/b.jsonl": json.dumps(answer(1, P1=[scan("IN"), scan("XX")])) + "\n",
        "wms/2026-02-02/c.json": json.dumps(answer(2, P9=[scan("OUT")]), indent=1),
    }
    states = []
    for names in (list(drops), list(drops)[::-1]):
        other = new_company()
        other.write("contracts/wms.yml", TRACKS)
        for name in names:
            other.drop(name, drops[name])
            other.night()
        states.append(other.state())
    # sums of loads differ: a file that comes late may take rows over
    assert states[0]["landed"] == states[1]["landed"]
    assert states[0]["quarantine"] == states[1]["quarantine"]
    assert states[0]["files"] == states[1]["files"]


def test_the_first_of_several_paths_is_taken_or_all_are_joined(company: Company) -> None:
    company.write(
        "contracts/wms.yml",
        TRACKS.replace(
            "code: {type: text, required: true, accepted: [IN, OUT]}", 'code: {path: [$.code, "$.name"]}'
        )
        + '      both: {type: text, path: [^.number, $.code], join: "|"}\n',
    )
    scans = [scan("IN"), {"name": "入", "at": "2026-01-31 08:00:00"}, scan("") | {"name": "出"}]
    company.drop("wms/2026-01-31/a.json", json.dumps(answer(1, P=scans)))
    company.night()
    assert company.rows('SELECT code, "both" FROM landing.wms__scans ORDER BY _record') == [
        ("IN", "P|IN"), ("入", "P"), ("出", "P"),
    ]  # fmt: skip


def test_an_iso_time_may_have_an_offset_or_none(company: Company) -> None:
    company.write("contracts/wms.yml", TRACKS.replace("at: {type: timestamp", "at: {type: iso"))
    times = [
        "2026-01-31T08:00:00",
        "2026-01-31T00:00:00Z",
        "2026-01-31T09:30:00.5+09:30",
        "2026-01-31",
        "epoch",
    ]
    company.drop("wms/2026-01-31/a.json", json.dumps(answer(1, P=[scan("IN", time) for time in times])))
    company.night()
    company.connection.execute("SET TimeZone = 'UTC'")
    at = company.rows(
        "SELECT strftime(scans.at, '%d %H:%M:%S.%g') FROM landing.wms__scans AS scans ORDER BY _record"
    )
    assert at == [("31 00:00:00.000",), ("31 00:00:00.000",), ("31 00:00:00.500",)]
    for (_, _, reason), time in zip(company.quarantined(), times[3:], strict=True):
        assert f"column at: '{time}' is no time like 2026-01-31T08:00:00, with an offset or without" in reason


def test_what_a_contract_does_not_name_of_an_answer_is_not_published(company: Company) -> None:
    company.write(
        "contracts/wms.yml", TRACKS.replace("parcel: {type: text", "parcel: {personal: true, type: text")
    )
    company.drop(
        "wms/2026-01-31/a.jsonl",
        json.dumps({"id": 1, "told": "call 13000000000"})
        + "\n"
        + json.dumps(answer(2, SECRET=[scan("XX")]))
        + "\n",
    )
    company.night()
    published = company.rows(f"SELECT row FROM ({masked_quarantine(company.profile)}) ORDER BY record")
    assert [json.loads(row) for (row,) in published] == [
        {"line": "***"},
        {"answer": "2", "parcel": "***", "code": "XX", "at": "2026-01-31 08:00:00"},
    ]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("$.body.parcels[*]", "body.parcels[*]", "does not start with $. Write as in $.data[*].routes[*]"),
        ("$.body.parcels[*]", "$.body[parcels][*]", "records of wms.scans cannot be read"),
        (
            "^^.id",
            "^^^.id",
            "column answer: ^^^.id leads above the document. There are 2 levels above a record",
        ),
        ("^.number", "'$.a[*]'", "column parcel: $.a[*] names many values. Name one"),
        (
            "format: json",
            "format: csv",
            "'records' means nothing for format csv. Remove it, or take json or jsonl",
        ),
    ],
)
def test_mistakes_in_paths_are_explained(company: Company, old: str, new: str, mistake: str) -> None:
    company.write("contracts/wms.yml", TRACKS.replace(old, new))
    with pytest.raises(ProfileError) as caught:
        load_profile(company.profile_dir)
    assert mistake in str(caught.value)
