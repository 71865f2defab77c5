"""JSON lines, Parquet and workbooks land by the same contract as CSV."""

import json
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import pytest

from dagster_project.sources import masked_quarantine, readers

from .conftest import SCANS, Company

JSONL = "wms/scans/2026-01-05/a.jsonl"


def lines(*rows: dict | str) -> str:
    return "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows
    )


def as_jsonl(company: Company, **changes: str) -> None:
    contract = SCANS.replace("*.csv", "*.jsonl").replace("format: csv", "format: jsonl")
    for old, new in changes.items():
        contract = contract.replace(old, new)
    company.write("contracts/wms.yml", contract)


def test_json_lines_land_and_a_cut_line_costs_only_itself(company: Company) -> None:
    as_jsonl(company)
    good = {"scan_id": "s1", "code": '宁波 "x"', "quantity": 3, "recorded_at": "2026-01-04 08:00:00"}
    company.drop(
        JSONL, lines(good, '{"scan_id": "s2", "co', "", '["s3"]', good | {"scan_id": "s4", "quantity": "x"})
    )
    load = company.night()
    assert (load.rows_read, load.rows_accepted, load.rows_quarantined) == (4, 1, 3)
    assert company.landed("scan_id, code, quantity, _record") == [("s1", '宁波 "x"', 3, 1)]
    assert [(record, reason.split(";")[0]) for _, record, reason in company.quarantined()] == [
        (2, "Line 2: it is no whole JSON object"),
        (4, "Line 4: it is no whole JSON object"),
        (5, "Line 5: column quantity: 'x' is no whole number"),
    ]
    rows = [json.loads(row) for (row,) in company.rows('SELECT "row" FROM meta.quarantine ORDER BY record')]
    assert rows == [
        {"line": '{"scan_id": "s2", "co'},
        {"line": '["s3"]'},
        good | {"scan_id": "s4", "quantity": "x"},
    ]


def test_json_keys_may_be_left_out_null_or_nested(company: Company) -> None:
    as_jsonl(company, **{"code: {type: text}": "code: {type: text, path: '$.data.items[0].code'}"})
    company.drop(
        JSONL,
        lines({"scan_id": "s1", "data": {"items": [{"code": "C9"}]}}, {"scan_id": "s2", "quantity": None}),
    )
    company.night()
    assert company.landed("scan_id, code, quantity") == [("s1", "C9", None), ("s2", None, None)]


def test_a_renamed_json_key_refuses_the_file(company: Company) -> None:
    as_jsonl(company)
    company.drop(JSONL, lines({"scanId": "s1", "code": "C1"}, {"scanId": "s2", "code": "C2"}))
    load = company.night()
    assert load.rows_read == 0
    assert "no row has the key 'scan_id' (there is 'scanId' instead)" in load.refused[0].reason
    company.drop(JSONL, lines({"scan_id": "s1", "code": "C1"}))
    assert company.night().rows_accepted == 1


def test_a_json_file_cut_in_its_last_line_is_refused(company: Company) -> None:
    as_jsonl(company)
    company.drop(JSONL, lines({"scan_id": "s1"}) + '{"scan_id": "s')
    assert "half written" in company.night().refused[0].reason


def as_parquet(company: Company, **changes: str) -> None:
    contract = SCANS.replace("*.csv", "*.parquet").replace("format: csv", "format: parquet")
    for old, new in changes.items():
        contract = contract.replace(old, new)
    company.write("contracts/wms.yml", contract)


def write_parquet(company: Company, query: str, name: str = "a") -> Path:
    path = company.drop(f"wms/scans/2026-01-05/{name}.parquet", "")
    with duckdb.connect() as writer:
        writer.execute("SET TimeZone = 'UTC'")
        writer.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def as_text(query: str) -> str:
    """The same rows with every value as its text."""
    return f"SELECT COLUMNS(*)::VARCHAR FROM ({query})"


@pytest.fixture
def no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are staged as text fail the test."""
    monkeypatch.setattr(readers, "stage", lambda *_: pytest.fail("text was made"))


def test_parquet_lands_whatever_its_types_and_the_sessions_zone(company: Company) -> None:
    as_parquet(company)
    company.connection.execute("SET TimeZone = 'America/New_York'")
    write_parquet(
        company,
        """SELECT 's' || i AS scan_id, i AS quantity, '0012' AS code,
        TIMESTAMP '2026-01-04 08:00:00' AS recorded_at FROM range(-1, 3) AS t (i)""",
    )
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined) == (3, 1)
    assert company.landed("scan_id, code, quantity, _record, epoch(recorded_at)") == [
        (f"s{number}", "0012", number, number + 2, 1767484800) for number in range(3)
    ]
    assert company.quarantined()[0][1:] == (
        1,
        "Row 1: column quantity: '-1' is below 0; correct it at the source.",
    )


# Every type that a Parquet file may bring by itself, and rows that try each rule of them.
EVERY_TYPE = {
    "quantity: {type: integer, min: 0}": """quantity: {type: integer, min: 0}
      weight: {type: decimal, scale: 4, max: 100}
      is_fragile: {type: boolean}
      wished_date: {type: date, format: "%Y-%m-%d"}
      seen_at: {type: instant}
      kind: {type: text, accepted: [in, out]}""",
    "key:": """nulls: ["NULL", "-"]
    key:""",
}
TYPES = {
    "scan_id": "VARCHAR",
    "code": "VARCHAR",
    "quantity": "INTEGER",
    "weight": "DECIMAL(18, 4)",
    "is_fragile": "BOOLEAN",
    "wished_date": "DATE",
    "seen_at": "TIMESTAMPTZ",
    "kind": "VARCHAR",
    "recorded_at": "TIMESTAMP",
}
ROWS = [
    "'s1', 'C1', 3, 1.5, true, '2026-01-07', '2026-01-04 08:00:00.25+08', 'in', '2026-01-04 08:00:00'",
    "' s2 ', '\u3000C2', 0, -1.5, false, '9999-12-31', '2026-01-04 00:00:00+00', 'out', '1969-12-31 23:59:59'",
    "'s3', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "'s4', '-', 1, 100, NULL, NULL, NULL, 'NULL', NULL",
    "NULL, 'C5', 5, NULL, NULL, NULL, NULL, NULL, NULL",
    "'  ', 'C6', 6, NULL, NULL, NULL, NULL, NULL, NULL",
    "'s7', 'C7', -7, 100.5, NULL, '2026-01-08', '2026-01-05 00:00:00+00', 'about', NULL",
    "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "'', '  ', NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "'s1', 'C1', 3, 1.5, true, '2026-01-07', '2026-01-04 00:00:00.25+00', 'in', '2026-01-04 08:00:00'",
]
UNTOLD = [
    "'s8', 'C8', 8, NULL, NULL, 'infinity', NULL, NULL, NULL",
    "'s9', 'C9', 9, NULL, NULL, NULL, '-infinity', NULL, NULL",
    "'s10', 'C10', 10, NULL, NULL, NULL, NULL, NULL, '12026-01-04 08:00:00'",
    "'s11', 'C11', 11, NULL, NULL, NULL, NULL, NULL, '290309-12-22 (BC) 00:00:00'",
]


def typed_query(*rows: str) -> str:
    cells = ", ".join(f"{name}::{type_} AS {name}" for name, type_ in TYPES.items())
    return f"SELECT {cells} FROM (VALUES ({'), ('.join(rows)})) AS given ({', '.join(TYPES)})"


def made_of(company: Company) -> dict[str, list[tuple]]:
    """What was made of files, but for what names their bytes."""
    return {
        "landed": company.landed("* EXCLUDE (_load_id)"),
        "quarantine": company.rows("SELECT * EXCLUDE (load_id, loaded_at) FROM meta.quarantine ORDER BY ALL"),
        "loads": company.state()["loads"],
    }


def test_typed_parquet_lands_the_same_rows_as_its_text(
    new_company: Callable[[], Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, typed = new_company(), new_company()
    for company in (told, typed):
        as_parquet(company, **EVERY_TYPE)
        company.connection.execute("SET TimeZone = 'UTC'")
    write_parquet(told, as_text(typed_query(*ROWS)))
    write_parquet(typed, typed_query(*ROWS))
    told.night()
    monkeypatch.setattr(readers, "stage", lambda *_: pytest.fail("text was made"))
    load = typed.night()
    assert (load.rows_read, load.rows_accepted, load.rows_quarantined, load.rows_duplicate) == (8, 4, 3, 1)
    assert made_of(typed) == made_of(told)
    columns = (
        "scan_id, code, quantity, weight, is_fragile, wished_date, epoch(seen_at), kind, epoch(recorded_at)"
    )
    assert typed.landed(columns)[:2] == [
        ("s1", "C1", 3, Decimal("1.5"), True, date(2026, 1, 7), 1767484800.25, "in", 1767484800),
        ("s2", "C2", 0, Decimal("-1.5"), False, date(9999, 12, 31), 1767484800, "out", -28801),
    ]
    assert typed.quarantined() == [
        ("a.parquet", 5, "Row 5: column scan_id: a value is missing; send the row again with one."),
        ("a.parquet", 6, "Row 6: column scan_id: a value is missing; send the row again with one."),
        (
            "a.parquet",
            7,
            "Row 7: column quantity: '-7' is below 0; correct it at the source; "
            "column weight: '100.5000' is above 100.0; correct it at the source; "
            "column kind: 'about' is none of in, out; correct it or accept it.",
        ),
    ]


@pytest.mark.parametrize("first", ["typed", "text"])
def test_a_row_is_the_same_with_its_type_and_as_text(company: Company, first: str) -> None:
    as_parquet(company, **EVERY_TYPE)
    queries = [typed_query(*ROWS), as_text(typed_query(*ROWS))]
    if first == "text":
        queries.reverse()
    write_parquet(company, queries[0], "a")
    assert company.night().rows_accepted == 4
    write_parquet(company, queries[1], "b")
    load = company.night()
    assert (load.rows_accepted, load.rows_quarantined, load.rows_duplicate) == (0, 3, 5)
    assert {file for (file,) in company.landed("_file")} == {"wms/scans/2026-01-05/a.parquet"}


def test_both_forms_in_one_night_are_one_row(company: Company) -> None:
    as_parquet(company, **EVERY_TYPE)
    write_parquet(company, typed_query(*ROWS), "b")
    write_parquet(company, as_text(typed_query(*ROWS)), "a")
    load = company.night()
    assert (load.rows_accepted, load.rows_duplicate) == (4, 6)
    assert {file for (file,) in company.landed("_file")} == {"wms/scans/2026-01-05/a.parquet"}


def test_a_time_that_no_text_could_tell_costs_its_row(company: Company) -> None:
    """Infinity, and years before the first or after 9999: no model could count with them."""
    as_parquet(company, **EVERY_TYPE)
    write_parquet(company, typed_query(*ROWS, *UNTOLD))
    assert company.night().rows_accepted == 4
    told = [reason.split(";")[0] for _, record, reason in company.quarantined() if record > len(ROWS)]
    assert told == [
        "Row 11: column wished_date: 'infinity' is no date like %Y-%m-%d",
        "Row 12: column seen_at: '-infinity+00' is no instant with an offset like 2026-01-31T08:00:00+08:00",
        "Row 13: column recorded_at: '12026-01-04 08:00:00' is no time like %Y-%m-%d %H:%M:%S",
        "Row 14: column recorded_at: '290309-12-22 (BC) 00:00:00' is no time like %Y-%m-%d %H:%M:%S",
    ]


def test_a_null_word_that_may_be_a_number_is_found_in_typed_columns(company: Company) -> None:
    as_parquet(company, **{"key:": 'nulls: ["0", "1970-01-01 00:00:00"]\n    key:'})
    at = "TIMESTAMP '1970-01-01 00:00:00'"
    write_parquet(company, f"SELECT 's1' AS scan_id, 'C' AS code, 0 AS quantity, {at} AS recorded_at")
    company.night()
    assert company.landed("scan_id, quantity, recorded_at") == [("s1", None, None)]


def test_a_required_time_without_a_value_is_missing(company: Company, no_text: None) -> None:
    as_parquet(
        company, **{"recorded_at: {type: timestamp,": "recorded_at: {required: true, type: timestamp,"}
    )
    write_parquet(
        company,
        """SELECT 's' || i AS scan_id, 'C' AS code, i::SMALLINT AS quantity,
        CASE WHEN i > 0 THEN TIMESTAMP '2026-01-04 08:00:00' END AS recorded_at FROM range(2) AS t (i)""",
    )
    assert company.night().rows_accepted == 1
    assert company.quarantined() == [
        ("a.parquet", 1, "Row 1: column recorded_at: a value is missing; send the row again with one.")
    ]


@pytest.mark.parametrize(
    ("zone", "seconds"), [("Asia/Shanghai", 1767484800), ("America/Sao_Paulo", 1767524400)]
)
def test_a_naive_time_is_read_in_its_zone(company: Company, no_text: None, zone: str, seconds: int) -> None:
    as_parquet(company, **{"timezone: Asia/Shanghai": f"timezone: {zone}"})
    company.connection.execute("SET TimeZone = 'America/New_York'")
    at = "TIMESTAMP '2026-01-04 08:00:00'"
    write_parquet(company, f"SELECT 's1' AS scan_id, 'C' AS code, 1 AS quantity, {at} AS recorded_at")
    company.night()
    assert company.landed("epoch(recorded_at), epoch(_recorded_at)") == [(seconds, seconds)]


def test_a_personal_value_is_not_told(company: Company, no_text: None) -> None:
    as_parquet(company, **{"quantity: {type: integer,": "quantity: {personal: true, type: integer,"})
    at = "TIMESTAMP '2026-01-04 08:00:00'"
    write_parquet(company, f"SELECT 's1' AS scan_id, 'C' AS code, -4711 AS quantity, {at} AS recorded_at")
    company.night()
    ((_, _, reason),) = company.quarantined()
    assert (
        reason
        == "Row 1: column quantity: the value (not shown: personal) is below 0; correct it at the source."
    )
    ((row,),) = company.rows(f'SELECT "row" FROM ({masked_quarantine(company.profile)})')
    assert json.loads(row)["scan_id"] == "s1"
    assert "4711" not in row


def test_files_of_one_night_may_differ_in_types(company: Company) -> None:
    """A count outgrows its type, and a column nobody asked for was empty on the first day."""
    as_parquet(company)
    at = "TIMESTAMP '2026-01-04 08:00:00' AS recorded_at"
    counts = ["1::INTEGER", "2147483647::BIGINT", "'3'", "-4::TINYINT", "5000000000::BIGINT"]
    notes = ["NULL::INTEGER", "'a note'", "'a note'", "true", "DATE '2026-01-01'"]
    for number, (count, note) in enumerate(zip(counts, notes, strict=True)):
        values = f"'s{number}' AS scan_id, 'C' AS code, {count} AS quantity, {at}, {note} AS note"
        write_parquet(company, f"SELECT {values}", "abcde"[number])
    company.night()
    assert company.landed("scan_id, quantity") == [("s0", 1), ("s1", 2147483647), ("s2", 3)]
    assert [(file, reason) for file, _, reason in company.quarantined()] == [
        ("d.parquet", "Row 1: column quantity: '-4' is below 0; correct it at the source."),
        ("e.parquet", "Row 1: column quantity: '5000000000' is above 2147483647; correct it at the source."),
    ]
    rows = company.rows('SELECT "row" FROM meta.quarantine ORDER BY file')
    assert [json.loads(row)["note"] for (row,) in rows] == ["true", "2026-01-01"]


def test_a_row_of_an_unknown_column_alone_is_refused_and_an_empty_one_is_none(
    company: Company, no_text: None
) -> None:
    as_parquet(company)
    write_parquet(
        company,
        """SELECT scan_id, scan_id AS code, NULL::INTEGER AS quantity, NULL::TIMESTAMP AS recorded_at, note
        FROM (VALUES ('s1', NULL), (NULL, 'total: 1'), (NULL, NULL), (' ', ' ')) AS given (scan_id, note)""",
    )
    load = company.night()
    assert (load.rows_read, load.rows_accepted) == (2, 1)
    assert [record for _, record, _ in company.quarantined()] == [2]


def test_a_typed_file_that_is_not_as_long_as_its_manifest_is_refused_alone(
    company: Company, no_text: None
) -> None:
    as_parquet(company)
    query = """SELECT 's' || i AS scan_id, 'C' AS code, i AS quantity, TIMESTAMP '2026-01-04 08:00:00' AS recorded_at
        FROM range({}, {}) AS t (i)"""
    write_parquet(company, query.format(-1, 9), "a")
    company.manifest("wms/scans/2026-01-05/a.parquet", rows=11)
    write_parquet(company, query.format(7, 12), "b")
    load = company.night()
    assert [refusal.file for refusal in load.refused] == ["wms/scans/2026-01-05/a.parquet"]
    assert (load.rows_read, load.rows_accepted, load.rows_quarantined) == (5, 5, 0)


def test_a_parquet_file_cut_short_is_refused(company: Company) -> None:
    as_parquet(company)
    company.drop("wms/scans/2026-01-05/a.parquet", b"PAR1 and no footer")
    assert company.night().refused[0].reason == "the file is no whole Parquet file"


def workbook(path: Path, sheet: str, rows: list[list[object]]) -> None:
    """The smallest workbook there is: inline texts, numbers as numbers, None as no cell."""

    def cell(column: int, row: int, value: object) -> str:
        place = f"{chr(65 + column)}{row}"
        if value is None:
            return ""
        if isinstance(value, int | float):
            return f'<c r="{place}"><v>{value}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    cells = "".join(
        f'<row r="{at}">' + "".join(cell(column, at, value) for column, value in enumerate(row)) + "</row>"
        for at, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            f'<sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
        )


def as_xlsx(company: Company) -> Path:
    contract = SCANS.replace("*.csv", "*.xlsx").replace("format: csv", "format: xlsx\n    sheet: Scans")
    company.write("contracts/wms.yml", contract)
    return company.drop("wms/scans/2026-01-05/a.xlsx", "")


def test_a_workbook_keeps_leading_zeros_and_says_which_cell_is_no_number(company: Company) -> None:
    rows = [
        ["scan_id", "code", "quantity", "recorded_at"],
        ["0012", "n/a", 3, "2026-01-04 08:00:00"],
        [None, None, None, None],
        ["0013", "C1", "n/a", None],
        ["0014", "C1", 4, None],
    ]
    workbook(as_xlsx(company), "Scans", rows)
    company.night()
    assert company.landed("scan_id, code, quantity, _record") == [("0012", "n/a", 3, 2), ("0014", "C1", 4, 5)]
    assert [row[1:] for row in company.quarantined()] == [
        (4, "Row 4: column quantity: 'n/a' is no whole number; correct it at the source.")
    ]


def test_a_workbook_without_its_sheet_or_cut_short_is_refused(company: Company) -> None:
    path = as_xlsx(company)
    workbook(path, "Other", [["scan_id", "code", "quantity", "recorded_at"]])
    assert 'Available sheets: "Other"' in company.night().refused[0].reason
    workbook(path, "Scans", [["scan_id", "code", "quantity", "recorded_at"], ["1", "C", 1, None]])
    path.write_bytes(path.read_bytes()[:-60])
    assert "the workbook cannot be read" in company.night().refused[0].reason


def test_a_changed_header_of_a_workbook_refuses_it(company: Company) -> None:
    workbook(as_xlsx(company), "Scans", [["scan", "code", "quantity", "recorded_at"], ["1", "C", 1, None]])
    assert "column scan_id is missing" in company.night().refused[0].reason
