"""Sheets as people make them, and what becomes of every row: taken, queued or rejected, once."""

import csv
import io
import json
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from dashboards.byhand import channel, sheet
from dashboards.byhand.journal import Inbox

NOW = datetime(2026, 3, 1)
HEAD = ["运单号 Waybill number", "状态 Status", "时间 Time", "承运商", "City", "签收人", "备注 Note"]
PHONE = "13800001111"


def as_csv(rows: list[list[str]], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox" / "byhand")


@pytest.fixture
def messy(connection) -> list[list[str]]:
    """Rows as a clerk sends them: a good number, one with a mistake, one that may be two, and five nobody can use."""
    parcels = connection.execute(
        """select waybill, destination_city from published.marts.dim_waybills
        inner join published.marts.fct_suborders using (fulfilment_code)
        where carrier = 'SF' and signed_at is null order by waybill limit 2"""
    ).fetchall()
    one, other, _ = connection.execute(
        """with open as (
            select waybill from published.marts.dim_waybills
            inner join published.marts.fct_suborders using (fulfilment_code)
            where carrier = 'DEPPON' and signed_at is null
        )
        select a.waybill, b.waybill, 0 from open as a, open as b
        where hamming(a.waybill, b.waybill) = 1 and a.waybill < b.waybill
        order by 1 limit 1"""
    ).fetchone()
    unclear = "".join(a if a == b else "X" for a, b in zip(one, other, strict=True))
    (right, city), (mistyped, its_city) = parcels
    return [
        HEAD,
        [right, "签收", "2026/2/28 14:30", "顺丰", city, "张三", f"电话{PHONE}"],
        [
            f" {mistyped[:-3]}-{mistyped[-2:]} ",
            "Delivered",
            "2026年2月28日 9:05",
            "SF Express",
            its_city,
            "李四",
            "",
        ],
        [unclear, "签收", "2026-02-28 10:00", "DEPPON", "", "", ""],
        ["=HYPERLINK(1)", "签收", "2026-02-28 10:00", "", "", "", ""],
        ["7.73E+14", "签收", "2026-02-28 10:00", "", "", "", ""],
        [right, "在天上", "2026-02-28 10:00", "", "", "", ""],
        [right, "签收", "昨天", "", "", "", ""],
        [right, "签收", "2027-02-28 10:00", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        [right, "签收", "2026/2/28 14:30", "顺丰", city, "张三", f"电话{PHONE}"],
    ]


REASONS = {
    5: ("rejected", "unlike_any"),
    6: ("rejected", "rounded"),
    7: ("rejected", "status"),
    8: ("rejected", "time"),
    9: ("rejected", "future"),
    11: ("rejected", "twice"),
}


def test_every_row_has_one_outcome_and_they_add_up(inbox, ask, messy) -> None:
    upload = channel.upload(inbox, ask, "messy.csv", as_csv(messy, "gb18030"), "anna", NOW)
    lines = {line["line"]: line for line in inbox.read().lines(upload)}
    assert sorted(lines) == [2, 3, 4, 5, 6, 7, 8, 9, 11]  # an empty row is none
    assert [lines[line]["outcome"] for line in (2, 3, 4)] == ["taken", "taken", "queued"]
    assert lines[3]["rule"] == "omission"
    assert {line: (lines[line]["outcome"], lines[line]["reason"]) for line in REASONS} == REASONS
    assert lines[6]["column"] == "number" and lines[8]["column"] == "time"
    counts = Counter(line["outcome"] for line in lines.values())
    assert sum(counts.values()) == 9 and counts == {"taken": 2, "queued": 1, "rejected": 6}


def handed_over(inbox: Inbox) -> list[dict]:
    files = sorted(inbox.folder.glob("drop/*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_what_is_taken_goes_to_the_night(inbox, ask, messy) -> None:
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    first, second = handed_over(inbox)
    assert first["waybill"] == messy[1][0] and first["carrier"] == "SF" and first["decided_by"] == "rule"
    assert (first["event_type"], first["sign_method"]) == ("delivered", "in_person")
    assert (first["occurred_at"], first["recorded_at"]) == ("2026-02-28 14:30:00", "2026-03-01 00:00:00")
    assert (second["rule"], second["occurred_at"]) == ("omission", "2026-02-28 09:05:00")
    assert 0.97 <= float(second["confidence"]) <= 1


def test_no_person_and_no_note_leaves_the_file(inbox, ask, messy) -> None:
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    for file in [inbox.folder / "journal.jsonl", *inbox.folder.glob("drop/*")]:
        text = file.read_text(encoding="utf-8")
        assert PHONE not in text and "张三" not in text, file
    (original,) = inbox.folder.glob("files/*")
    assert PHONE in original.read_text(encoding="utf-8-sig")
    assert original.stat().st_mode & 0o077 == 0


def test_the_same_sheet_again_changes_nothing(inbox, ask, messy) -> None:
    upload = channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    before = {file: file.read_bytes() for file in inbox.folder.rglob("*") if file.is_file()}
    assert channel.upload(inbox, ask, "renamed.csv", as_csv(messy), "ben", NOW) == upload
    assert {file: file.read_bytes() for file in inbox.folder.rglob("*") if file.is_file()} == before


def test_the_same_rows_in_another_sheet_are_not_counted_twice(inbox, ask, messy) -> None:
    first = channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    again = channel.upload(
        inbox, ask, "messy.csv", as_csv([*messy, ["", "签收", "", "", "", "", ""]], "gb18030"), "anna", NOW
    )
    assert again != first
    known = inbox.read()
    assert len(handed_over(inbox)) == 2
    shown = Counter(line["outcome"] for line in known.lines(again))
    assert shown == {"taken": 2, "queued": 1, "rejected": 7}
    assert sum(bool(entry.get("is_known")) for entry in known.entries) == 8


def test_a_kill_before_the_journal_loses_and_doubles_nothing(inbox, ask, messy, monkeypatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Inbox, "append", killed)
        channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    assert inbox.read().uploads == {}
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    assert len(handed_over(inbox)) == 2
    assert len(inbox.read().rows) == 8


def test_a_line_that_a_kill_cut_short_spoils_no_other(inbox, ask, messy) -> None:
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    before = inbox.read().rows
    journal = inbox.folder / "journal.jsonl"
    with journal.open("ab") as stream:
        stream.write(b'{"entry": "deci')
    (waiting,) = inbox.read().queue()
    assert channel.decide(inbox, waiting["row_id"], None, "ben", NOW)
    assert inbox.read().queue() == []
    assert len(inbox.read().rows) == len(before)


def test_a_person_decides_once(inbox, ask, messy) -> None:
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    (waiting,) = inbox.read().queue()
    picked = waiting["candidates"][1]["waybill"]
    assert channel.decide(inbox, waiting["row_id"], picked, "ben", NOW)
    assert not channel.decide(inbox, waiting["row_id"], waiting["candidates"][0]["waybill"], "carl", NOW)
    row = inbox.read().rows[waiting["row_id"]]
    assert (row["outcome"], row["waybill"], row["who"], row["reason"]) == ("taken", picked, "ben", "picked")
    (decided,) = [one for one in handed_over(inbox) if one["decided_by"] == "person"]
    assert (decided["waybill"], decided["row_id"]) == (picked, waiting["row_id"])
    assert len(handed_over(inbox)) == 3


def test_two_at_once_are_one_after_the_other(inbox, ask, messy) -> None:
    channel.upload(inbox, ask, "messy.csv", as_csv(messy), "anna", NOW)
    (waiting,) = inbox.read().queue()
    answers: list[bool] = []
    people = [
        threading.Thread(
            target=lambda: answers.append(channel.decide(inbox, waiting["row_id"], None, "somebody", NOW))
        )
        for _ in range(4)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(answers) == [False, False, False, True]


GOOD = ["甬00012345", "签收", "2026-02-28 14:30", "", "", "", ""]


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"x" * (sheet.LARGEST + 1), "large"),
        ("a.png", as_csv([HEAD, GOOD]), "kind"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "workbook"),
        ("a.csv", b"\xff\xfe\x00\x01\x02", "encoding"),
        ("a.csv", '运单号,状态,时间\n"a,b,c\n'.encode(), "quotes"),
        ("a.csv", as_csv([["运单号", "时间"], ["1", "2"]]), "columns"),
        ("a.csv", as_csv([HEAD[:3], [*GOOD[:3], "one cell too many"]]), "shifted"),
        ("a.csv", as_csv([HEAD, *[GOOD] * (sheet.MOST_ROWS + 1)]), "long"),
        ("a.csv", as_csv([HEAD]), "no_rows"),
    ],
)
def test_a_file_is_refused_with_what_to_do(inbox, ask, name: str, content: bytes, key: str) -> None:
    with pytest.raises(sheet.RefusedError) as refused:
        channel.upload(inbox, ask, name, content, "anna", NOW)
    assert refused.value.key == f"byhand_refused_{key}"
    known = inbox.read()
    assert known.uploads == {} and known.rows == {}
    assert [entry["reason"] for entry in known.entries] == [f"byhand_refused_{key}"]
    assert not list(inbox.folder.glob("drop/*"))


def test_what_was_missing_is_named() -> None:
    with pytest.raises(sheet.RefusedError) as refused:
        sheet.read("a.csv", as_csv([["", ""], ["运单号", "备注"], ["1", "2"]]), NOW)
    assert refused.value.values == {"columns": "状态 Status、时间 Time", "line": 2}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_in_any_dress_says_the_same(encoding: str, delimiter: str) -> None:
    (row,) = sheet.read("a.csv", as_csv([["某公司"], HEAD, GOOD], encoding, delimiter), NOW)
    assert (row.line, row.number, row.at) == (3, "甬00012345", datetime(2026, 2, 28, 14, 30))


def test_the_template_is_read_back_and_a_workbook_keeps_its_times(tmp_path: Path) -> None:
    with pytest.raises(sheet.RefusedError) as refused:
        sheet.read("t.xlsx", sheet.template_workbook(), NOW)
    assert refused.value.key == "byhand_refused_no_rows"
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["快递单号", "状态", "签收时间"])
        page.write(1, 0, 773200000600306)
        page.write(1, 1, "签收")
        page.write_datetime(
            1, 2, datetime(2026, 2, 28, 14, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )
    (row,) = sheet.read("w.xlsx", out.getvalue(), NOW)
    assert (row.number, row.at, row.mistake) == ("773200000600306", datetime(2026, 2, 28, 14, 30), "")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-02-28 14:30", datetime(2026, 2, 28, 14, 30)),
        ("2026/2/8 4:05:06", datetime(2026, 2, 8, 4, 5, 6)),
        ("2026.02.28 14:30", datetime(2026, 2, 28, 14, 30)),
        ("2026年2月28日 14时30分", datetime(2026, 2, 28, 14, 30)),
        ("２０２６－０２－２８　１４：３０", datetime(2026, 2, 28, 14, 30)),
        ("46081.604166667", datetime(2026, 2, 28, 14, 30)),
        ("2026-02-28", None),
        ("28.2.2026 14:30", None),
        ("2026-02-30 14:30", None),
        ("", None),
    ],
)
def test_times_as_people_write_them(text: str, at: datetime | None) -> None:
    (row,) = sheet.read("a.csv", as_csv([HEAD[:3], ["甬00012345", "签收", text]]), NOW)
    found = row.at.replace(second=row.at.second // 2 * 2) if row.at else None
    assert found == at
    assert row.mistake == ("" if at else "time")


def test_every_status_word_means_an_event_of_the_contract() -> None:
    from dagster_project import sources
    from dagster_project.settings import PROFILES

    contract = sources.load_profile(PROFILES / "demo").contract("byhand", "tracks")
    accepted = set(contract.column("event_type").accepted)
    assert {event for event, _ in sheet.statuses().values()} == accepted
